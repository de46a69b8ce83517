import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { asError, FormatError, UsageError } from '../errors.js'
import type { Model } from '../flow/ensemble.js'
import { loadModel, MODEL_FILE } from '../io/save-flow.js'
import type { Evaluation } from '../train/figures.js'
import type { RunRecord } from './run-record.js'
import { type Checked, checkEvaluation, checkRun, isTooDeep } from './run-schema.js'
import { TRAINED_FILES } from './train-outcome.js'

/** What a run has left in its folder. */
export interface RunFiles {
  /** As it was named. */
  readonly folder: string
  readonly run: RunRecord
  readonly config: Readonly<Record<string, unknown>>
  readonly model: Model
  /** Of a run that was interrupted or failed there may be none. */
  readonly evaluation: Evaluation | undefined
  /** Pictures by the names of their files without .svg. */
  readonly pictures: ReadonlyMap<string, string>
}

/**
 * Reads what a report is made of.
 * @throws UsageError where the folder is none of a run with a model, FormatError where a file of it is damaged.
 */
export async function readRun(folder: string): Promise<RunFiles> {
  const found = await stat(folder).catch(() => undefined)
  if (!found) throw new UsageError(`There is no run ${folder}. Give the folder of a run, or latest.`)
  if (!found.isDirectory()) {
    throw new UsageError(`${folder} is a file, and a report is made of all that a run leaves: give its folder.`)
  }
  const run = await json(folder, 'run.json')
  if (run === undefined)
    throw new UsageError(`${folder} holds no run: run.json is not in it. Give the folder of a run.`)
  const evaluation = await json(folder, TRAINED_FILES.evaluation)
  return {
    folder,
    run: sound(folder, 'run.json', checkRun(run)),
    config: configOf(folder, await json(folder, 'config.json')),
    model: await loadModel(join(folder, MODEL_FILE)),
    evaluation:
      evaluation === undefined ? undefined : sound(folder, TRAINED_FILES.evaluation, checkEvaluation(evaluation)),
    pictures: await readPictures(join(folder, TRAINED_FILES.plots)),
  }
}

/** undefined where there is no such file. */
async function json(folder: string, name: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(join(folder, name), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw damaged(folder, name, asError(cause).message, cause)
  }
}

function damaged(folder: string, name: string, why: string, cause?: unknown): FormatError {
  return new FormatError(`${join(folder, name)} is damaged: ${why}. Train the run again with --config.`, { cause })
}

function sound<Contents>(folder: string, name: string, checked: Checked<Contents>): Contents {
  if ('fault' in checked) throw damaged(folder, name, checked.fault)
  return checked.contents
}

function configOf(folder: string, config: unknown = {}): RunFiles['config'] {
  const sound = typeof config === 'object' && config !== null && !Array.isArray(config) && !isTooDeep(config)
  if (sound) return config as RunFiles['config']
  throw damaged(folder, 'config.json', 'it is no object of options')
}

async function readPictures(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.svg')).sort()
  const pictures = new Map<string, string>()
  for (const name of names) pictures.set(name.slice(0, -'.svg'.length), await readFile(join(folder, name), 'utf8'))
  return pictures
}
