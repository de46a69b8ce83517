import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { warn } from './output.js'
import { isLocked } from './run-lock.js'
import type { RunRecord } from './run-record.js'
import { type Checked, checkRun } from './run-schema.js'

export const RUN_RECORD = 'run.json'

/**
 * run.json of a folder, where there is one that can be read, a warning telling of one that is damaged; of a run that says
 * it goes on, but whose process is gone, the status is 'killed'.
 */
export async function readRunRecord(path: string): Promise<RunRecord | undefined> {
  const record = await readBeside(join(path, RUN_RECORD), checkRun)
  if (record === undefined) return undefined
  return record.status === 'running' && !(await isLocked(path)) ? { ...record, status: 'killed' } : record
}

/** A file of a run that is of no more use than to be shown: undefined where it is not there or damaged, which is warned of. */
export async function readBeside<Contents>(
  path: string,
  check: (value: unknown) => Checked<Contents>,
): Promise<Contents | undefined> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) warn(`${path} is left out, as it is damaged: it is no JSON.`)
    return undefined
  }
  const checked = check(value)
  if ('contents' in checked) return checked.contents
  warn(`${path} is left out, as it is damaged: ${checked.fault}.`)
  return undefined
}
