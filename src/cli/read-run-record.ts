import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isLocked } from './run-lock.js'
import type { RunRecord } from './run-record.js'

export const RUN_RECORD = 'run.json'

/**
 * run.json of a folder, where there is one that can be read; of a run that says it goes on, but whose process is gone, the
 * status is 'killed'.
 */
export async function readRunRecord(path: string): Promise<RunRecord | undefined> {
  let record: RunRecord
  try {
    record = JSON.parse(await readFile(join(path, RUN_RECORD), 'utf8'))
  } catch {
    return undefined
  }
  return record.status === 'running' && !(await isLocked(path)) ? { ...record, status: 'killed' } : record
}
