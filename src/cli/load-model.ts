import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FormatError, UsageError } from '../errors.js'
import type { Model } from '../flow/ensemble.js'
import { loadModel as load, MODEL_FILE } from '../io/save-flow.js'
import type { KernelChoice } from '../kernels/create.js'
import { warn } from './output.js'
import { readRunRecord } from './read-run-record.js'
import { modelPath } from './run-folder.js'

/** MODEL of a command line; warns of one whose training diverged. */
export async function loadModel(argument: string, options: { kernels?: KernelChoice } = {}): Promise<Model> {
  const path = await modelPath(argument)
  await checkHasModel(path)
  const model = await load(path, options).catch((error) => Promise.reject(withWay(path, error)))
  warnIfDiverged(model)
  return model
}

/** Of a file that has another ending than model files: it may be the table, given in the place of the model. */
function withWay(path: string, error: unknown): unknown {
  if (!(error instanceof FormatError) || path.endsWith('.safetensors') || !statSync(path).isFile()) return error
  return new FormatError(`${error.message} MODEL is a run folder, a model file, or latest.`, { cause: error })
}

/** @throws UsageError for the folder of a run that has none yet, with what has become of the run. */
async function checkHasModel(path: string): Promise<void> {
  const run = existsSync(join(path, MODEL_FILE)) ? undefined : await readRunRecord(path)
  if (!run) return
  if (run.status === 'running') {
    throw new UsageError(`${path} has no model yet: its run is at work. Wait for it, or end it with Ctrl-C.`)
  }
  const why = run.error === undefined ? '' : ` (${run.error})`
  throw new UsageError(
    `${path} has no model: its run was ${run.status}${why}. pushforward train --resume ${path} goes on with it.`,
  )
}

export function warnIfDiverged({ training }: Model): void {
  if (training) warn(`${DIVERGED} Train it anew, at a lower learning rate (--lr), before you rely on it.`)
}

/** Of a flow that says so of its training. */
export const DIVERGED = 'The training of this model diverged; it holds the best weights from before that.'
