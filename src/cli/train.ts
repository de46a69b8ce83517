import { join } from 'node:path'
import { TrainingError } from '../errors.js'
import { type Flow, flow } from '../flow/flow.js'
import { MODEL_FILE, saveFlow } from '../io/save-flow.js'
import { writeFileWhole } from '../io/write-file.js'
import { affineCoupling, alternatingMask } from '../layers/affine-coupling-spec.js'
import type { LayerSpec } from '../layers/layer.js'
import { leakyReLU } from '../layers/leaky-relu.js'
import { evaluate } from '../train/evaluation.js'
import { type FitResult, fit } from '../train/fit.js'
import type { FitOptions } from '../train/options.js'
import type { CommandArguments } from './arguments.js'
import { type DataSource, readData } from './data-source.js'
import { evaluationText, progressText, resultText } from './evaluation-text.js'
import { catchInterrupts, INTERRUPTED } from './interrupt.js'
import { say } from './output.js'
import { progressLine } from './progress.js'
import { checkUnused, defaultRunPath, openRunFolder, type RunFolder } from './run-folder.js'
import { type TrainOptions, trainOptions } from './train-options.js'

export { trainUsage as usage } from './train-options.js'

const EVALUATION_FILE = 'evaluation.json'

/** `pushforward train [DATA]`. */
export async function run({ operands: [data = 'jang'], values }: CommandArguments): Promise<number> {
  const options = trainOptions(values, data)
  if (options.out !== undefined) await checkUnused(options.out)
  const source = await readData(data, { rows: options.rows, seed: options.seed })
  const model = flow(source.columns.length, pairs(source.columns.length, options), {
    seed: options.seed,
    kernels: options.fit.kernels,
  })
  model.data = { columns: source.columns, sha256: undefined }
  const folder = await openRunFolder(options.out ?? (await defaultRunPath(source.name)))
  say(
    `Training on ${source.rows} rows of ${source.name} (${source.columns.join(', ')}), ${model.parameters.length} parameters.`,
  )
  const { signal, release } = catchInterrupts()
  try {
    const result = await trained(model, source, { ...options.fit, signal }, folder)
    if (result.steps > 0) await save(model, source, result, folder, options.fit.threads)
    else await folder.discard()
    say(result.steps > 0 ? `Saved in ${folder.path}.` : 'Interrupted before the first step: there is nothing to save.')
    return result.stopped === 'aborted' ? INTERRUPTED : 0
  } finally {
    release()
  }
}

/** The tutorial's chain: `layers` pairs of leaky ReLU and affine coupling, the masks alternating. */
function pairs(dim: number, { layers, hidden }: TrainOptions): LayerSpec[] {
  return Array.from({ length: layers }, (_, i) => [
    leakyReLU(),
    affineCoupling({ mask: alternatingMask(dim, i), hidden }),
  ]).flat()
}

/** Fits with progress on stderr. Where the loss stops being finite, what was reached is saved before the error. */
async function trained(model: Flow, source: DataSource, options: FitOptions, folder: RunFolder): Promise<FitResult> {
  const line = progressLine(process.stderr)
  try {
    return await fit(model, source.data, { ...options, onProgress: (progress) => line.update(progressText(progress)) })
  } catch (error) {
    if (!(error instanceof TrainingError && model.scaled)) {
      await folder.discard()
      throw error
    }
    const path = join(folder.path, MODEL_FILE)
    await saveFlow(model, path)
    throw new TrainingError(`${error.message} What was reached is saved as ${path}.`, error.step, { cause: error })
  } finally {
    line.end()
  }
}

/** The model first, for it took longest; then its evaluation, to the file and to the person. */
async function save(
  model: Flow,
  source: DataSource,
  result: FitResult,
  { path }: RunFolder,
  threads: FitOptions['threads'],
): Promise<void> {
  await saveFlow(model, join(path, MODEL_FILE))
  say(resultText(result))
  const evaluation = await evaluate(model, source.data, result, { truth: source.generator, threads })
  say(evaluationText(evaluation))
  await writeFileWhole(join(path, EVALUATION_FILE), `${JSON.stringify(evaluation, null, 2)}\n`)
}
