import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { chosenRows } from '../data/row-source.js'
import { dataSha256 } from '../data/sha256.js'
import { DataError, TrainingError, UsageError } from '../errors.js'
import { ensemble, type Model, membersOf } from '../flow/ensemble.js'
import { MODEL_FILE, saveFlow } from '../io/save-flow.js'
import { weightsIn } from '../train/given-rows.js'
import { splitOffTest } from '../train/split.js'
import { architecture } from './architecture.js'
import type { CommandArguments } from './arguments.js'
import { chooseFlow, inBudget, type Settled, withPreprocess } from './choose-flow.js'
import { resolvedConfig, withConfig } from './config.js'
import { fileFirst, readData } from './data-source.js'
import { modelRows } from './given-columns.js'
import { withHeldOut } from './held-out.js'
import { catchInterrupts, INTERRUPTED } from './interrupt.js'
import { metricsText } from './metrics.js'
import { say, warn } from './output.js'
import { withoutFills } from './preprocessing.js'
import { takeWeights } from './row-weights.js'
import { checkUnused, defaultRunPath, openRunFolder, type RunFolder, wayOut } from './run-folder.js'
import { endedRun, startedRun, trainedRun } from './run-record.js'
import type { Job } from './train-job.js'
import { buildModel, type Trained, trainModel } from './train-model.js'
import { CONFIGURABLE, type TrainOptions, trainOptions } from './train-options.js'
import { TRAINED_FILES, writeOutcome } from './train-outcome.js'
import { trainReport } from './train-report.js'
import { flag } from './values.js'
import { dataWarnings } from './warnings.js'

export { trainUsage as usage } from './train-options.js'

/** `pushforward train [DATA]`. */
export async function run({ operands: [operand], values: given }: CommandArguments): Promise<number> {
  const { data: named, values } = await withConfig(operand && fileFirst(operand), given, CONFIGURABLE)
  const data = named ?? 'jang'
  const prepared = await prepare(data, trainOptions(values, named))
  // From here on there are files, so that a signal must not end the process where it stands.
  let job: Job | undefined
  const { signal, release } = catchInterrupts(() =>
    job?.record.training
      ? 'The model is saved; leaving the rest out.'
      : 'Stopping after this step and saving the best; once more ends at once.',
  )
  try {
    job = await open(prepared, data, flag(values, 'json'))
    return await finish(job, signal)
  } finally {
    release()
  }
}

/** Trains and writes everything down; an interruption or a failure leaves what there is. */
async function finish(job: Job, signal: AbortSignal): Promise<number> {
  try {
    return await conclude(job, await trainModel(job, signal), signal)
  } catch (error) {
    if (error !== signal.reason) throw await recordFailure(job, error)
    await job.folder.writeJson('run.json', endedRun(job.record, 'interrupted'))
    say(`Saved in ${job.folder.path}.`)
    return INTERRUPTED
  }
}

type Prepared = Omit<Job, 'folder' | 'report'>

/** Reads the data and builds the flow: whatever is wrong with the request comes out here, and nothing is written. */
async function prepare(argument: string, asked: TrainOptions): Promise<Prepared> {
  const { seed, out, given, where } = asked
  if (out !== undefined) await checkUnused(out)
  const beside = [...(given ?? []), ...(asked.weights === undefined ? [] : [asked.weights])]
  const chosen = asked.columns && [...new Set([...asked.columns, ...beside])]
  const source = await readData(argument, { rows: asked.rows, seed, columns: chosen, where })
  const all = modelRows(source, given)
  const kept = source.generator ? all : await withoutFills(all, asked.fillValue)
  const { points, columns, dim, weights } = await takeWeights(kept, asked.weights, source.generator?.name)
  const options = withHeldOut(asked, points.rows, source.generator !== undefined)
  const named = options.flow === undefined ? undefined : await architecture(dim, options)
  const how = options.preprocess ?? (named?.standardise === false ? 'none' : named ? 'standardise' : 'gaussianise')
  if (!source.generator) {
    for (const warning of await dataWarnings({ points, columns, dim }, how, options)) warn(warning)
  }
  const { rest, test } = splitOffTest(points.rows, options.test, seed)
  const rows = test.size > 0 ? chosenRows(points, rest) : points
  const settled: Settled = named
    ? { parts: named, options: await inBudget(rows, dim, named, withPreprocess(options, how)) }
    : await chooseFlow({ rows, weights: weightsIn(weights, rest) }, columns, dim, options)
  const model = buildModel(dim, columns, settled.parts, options)
  const data = { name: source.name, rows: points.rows, columns, given, sha256: await dataSha256(points) }
  return {
    options: settled.options,
    source: { ...source, columns: source.columns.filter((name) => name !== options.weights) },
    columns,
    rows,
    ...{ test: undefined, numbers: undefined },
    ...(test.size > 0 && { test: chosenRows(points, test), numbers: { rows: rest, test } }),
    weights: weights && { rows: weightsIn(weights, rest), test: weightsIn(weights, test) },
    model,
    trials: settled.trials,
    record: startedRun({ seed, data }),
  }
}

/** Opens the run's folder and says what is going to happen. */
async function open(prepared: Prepared, data: string, json: boolean): Promise<Job> {
  const { options, source, model, record } = prepared
  const path = options.out ?? (await defaultRunPath(source.name))
  const folder = await openRunFolder(path, { 'config.json': resolvedConfig(data, options), 'run.json': record })
  const report = await trainReport(json)
  report.started(record.data, model.parameterCount, path)
  return { ...prepared, folder, report }
}

/** The model first, for it took longest; then everything that tells about it. */
async function conclude(job: Job, { result, members }: Trained, signal: AbortSignal): Promise<number> {
  const { folder, report } = job
  if (result.steps === 0) {
    await folder.discard()
    say('Interrupted before the first step: there is nothing to save.')
    return INTERRUPTED
  }
  const interrupted = result.stopped === 'aborted'
  await saveModel(job.model, folder)
  job.record = trainedRun(job.record, result, members)
  await folder.writeJson('run.json', interrupted ? endedRun(job.record, 'interrupted') : job.record)
  await folder.write(TRAINED_FILES.metrics, metricsText(result, members))
  await folder.point()
  report.trained(result, members)
  const plots = await writeOutcome(job, result, interrupted ? undefined : signal)
  await folder.writeJson('run.json', endedRun(job.record, interrupted ? 'interrupted' : 'finished'))
  report.saved(folder.path, plots)
  return interrupted || signal.aborted ? INTERRUPTED : 0
}

/**
 * The model into its folder or, where that has no room for it any more, among the system's temporary files.
 * @throws Error where the folder cannot take it, saying where it is instead.
 */
async function saveModel(model: Model, folder: RunFolder): Promise<void> {
  try {
    await saveFlow(model, join(folder.path, MODEL_FILE))
  } catch (error) {
    const rescue = join(tmpdir(), `${basename(folder.path)}-${randomUUID().slice(0, 8)}-${MODEL_FILE}`)
    const { message, cause } = error as Error
    const saved = await saveFlow(model, rescue).then(
      () => `. It is saved as ${rescue} instead`,
      () => '',
    )
    throw new Error(`${message}${wayOut(cause)}${saved}.`, { cause: error })
  }
}

/** Leaves what there is of a run that failed, with the reason in run.json, and returns the error to be shown. */
async function recordFailure({ folder, model, record }: Job, error: unknown): Promise<unknown> {
  if (error instanceof UsageError || error instanceof DataError) {
    await folder.discard()
    return error
  }
  let shown: unknown = error
  // Whatever failed behind training has left the model.
  if (record.training)
    shown = new Error(`${(error as Error).message}. The model is saved in ${folder.path}.`, { cause: error })
  const reached = membersOf(model).filter(({ scaled }) => scaled)
  if (error instanceof TrainingError && reached.length > 0) {
    const path = join(folder.path, MODEL_FILE)
    await saveFlow(reached.length === membersOf(model).length ? model : ensemble(reached), path)
    const { losses } = error
    await folder.write(TRAINED_FILES.metrics, metricsText({ losses, validationLosses: [], validationEvery: 1 }))
    shown = new TrainingError(`${error.message} What was reached is saved as ${path}.`, error.step, { cause: error })
  }
  // On a disk that is full this fails as well, and the first reason is the one to tell.
  await folder.writeJson('run.json', endedRun(record, 'failed', (error as Error).message)).catch(() => {})
  return shown
}
