import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError, UsageError } from '../errors.js'
import { removeParts } from '../io/write-file.js'
import type { LastCheckpoint } from './checkpoint-files.js'
import { RUN_RECORD, readRunRecord } from './read-run-record.js'
import { type RunFolder, runFolder } from './run-folder.js'
import { lockFolder } from './run-lock.js'
import type { RunRecord } from './run-record.js'
import { TRAINED_FILES } from './train-outcome.js'
import type { Values } from './values.js'

/** A run that was ended before it was finished. */
export interface EarlierRun {
  readonly folder: RunFolder
  readonly record: RunRecord
  /** undefined where it was ended before the first one. */
  readonly checkpoint: LastCheckpoint | undefined
}

const CONFIG = 'config.json'
/** What does not change what comes out. */
const BESIDE = ['resume', 'threads', 'checkpoint', 'json']

/**
 * What `train` is told by --resume: the config of the run, and what may be said beside it.
 * @throws UsageError for anything else.
 */
export function resumeValues({ resume, ...values }: Values, operand: string | undefined): Values {
  if (resume === undefined) return values
  const stray = Object.keys(values).find((name) => values[name] !== undefined && !BESIDE.includes(name))
  if (operand !== undefined || stray !== undefined) {
    throw new UsageError(
      `--resume goes on with what the run was begun with; leave out ${stray === undefined ? operand : `--${stray}`}, or start anew with --config ${join(resume, CONFIG)}.`,
    )
  }
  return { ...values, config: join(resume, CONFIG) }
}

/**
 * Takes the folder of a run to go on with it.
 * @throws UsageError where it is none, finished, or has a process at work; FormatError for a checkpoint of a newer format.
 */
export async function reopenRun(path: string): Promise<EarlierRun> {
  const record = await readRunRecord(path)
  const config = await stat(join(path, CONFIG)).catch(() => undefined)
  if (!record || !config?.isFile()) {
    throw new UsageError(`--resume ${path} is no run: expected a folder with a ${CONFIG} and a ${RUN_RECORD}.`)
  }
  if (!(await lockFolder(path))) {
    throw new UsageError(`--resume ${path} cannot be: another process is training in it. Wait for it, or end it.`)
  }
  if (record.status === 'finished') {
    throw new UsageError(
      `--resume ${path} cannot be: that run is finished. --from ${path} trains its model on, into a new folder.`,
    )
  }
  for (const part of [path, join(path, TRAINED_FILES.plots)]) await removeParts(part)
  const folder = runFolder(path, () => undefined)
  const checkpoint = await folder.checkpoints.last()
  // What is there is of the run, and stays.
  return { folder: { ...folder, discard: () => folder.writeJson(RUN_RECORD, record) }, record, checkpoint }
}

/**
 * The record of a run that goes on.
 * @throws DataError where the rows are not those that it was begun on.
 */
export function resumedRecord({ ended: _, error: __, training: ___, ...before }: RunRecord, now: RunRecord): RunRecord {
  if (now.data.sha256 !== before.data.sha256) {
    throw new DataError(
      `${now.data.name} is not what the run was begun on: its rows have SHA-256 ${now.data.sha256}, expected ${before.data.sha256}.`,
    )
  }
  return { ...before, status: 'running', resumed: [...(before.resumed ?? []), new Date().toISOString()] }
}
