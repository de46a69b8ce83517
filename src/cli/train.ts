import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { asError, DataError, TrainingError, UsageError } from '../errors.js'
import { ensemble, type Model, membersOf } from '../flow/ensemble.js'
import { MODEL_FILE, saveFlow } from '../io/save-flow.js'
import type { CommandArguments } from './arguments.js'
import { resolvedConfig, withConfig } from './config.js'
import { fileFirst } from './data-source.js'
import { type EarlierRun, reopenRun, resumedRecord, resumeValues } from './earlier-run.js'
import { catchInterrupts, INTERRUPTED } from './interrupt.js'
import { scoresOf } from './kept-scores.js'
import { metricsText } from './metrics.js'
import { say, warn } from './output.js'
import { type Prepared, prepare } from './prepare-training.js'
import { writeReport } from './report.js'
import { defaultRunPath, modelPath, openRunFolder, type RunFolder, wayOut } from './run-folder.js'
import { endedRun, trainedRun } from './run-record.js'
import type { Job } from './train-job.js'
import { type Trained, trainModel } from './train-model.js'
import { trainOptions } from './train-options.js'
import { TRAINED_FILES, writeOutcome } from './train-outcome.js'
import { trainReport } from './train-report.js'
import { CONFIGURABLE } from './train-usage.js'
import { flag } from './values.js'

export { trainUsage as usage } from './train-usage.js'

/** `pushforward train [DATA]`. */
export async function run({ operands: [operand], values: given }: CommandArguments): Promise<number> {
  const resume = given.resume && (await modelPath(given.resume))
  const told = resumeValues({ ...given, resume }, operand)
  const earlier = resume === undefined ? undefined : await reopenRun(resume)
  const { data: named, values } = await withConfig(operand && fileFirst(operand), told, CONFIGURABLE)
  const data = named ?? 'jang'
  const json = flag(values, 'json')
  if (flag(values, 'dry-run')) {
    const { dryRun } = await import('./dry-run.js')
    return dryRun(data, trainOptions(values, named), json)
  }
  const prepared = await prepare(data, trainOptions(values, named), json, earlier?.record)
  // From here on there are files, so that a signal must not end the process where it stands.
  let job: Job | undefined
  const { signal, release } = catchInterrupts(() =>
    job?.record.training
      ? 'The model is saved; leaving the rest out.'
      : 'Stopping after this step and saving the best; once more ends at once.',
  )
  try {
    job = earlier ? await goOn(prepared, earlier, json) : await open(prepared, data, json)
    return await finish(job, signal)
  } finally {
    release()
    job?.report.ended()
  }
}

/** Trains and writes everything down; an interruption or a failure leaves what there is. */
async function finish(job: Job, signal: AbortSignal): Promise<number> {
  try {
    return await conclude(job, await trainModel(job, signal), signal)
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw await recordFailure(job, error)
    await job.folder.writeJson('run.json', endedRun(job.record, 'interrupted'))
    say(`Saved in ${job.folder.path}.`)
    return INTERRUPTED
  }
}

/** Opens the run's folder and says what is going to happen. */
async function open({ deadline, ...prepared }: Prepared, data: string, json: boolean): Promise<Job> {
  const { options, data: rows, model, record } = prepared
  const path = options.out ?? (await defaultRunPath(rows.name))
  const folder = await openRunFolder(path, { 'config.json': resolvedConfig(data, options), 'run.json': record })
  const report = await trainReport(json, deadline)
  report.started(record.data, model.parameterCount, path)
  return { ...prepared, folder, checkpoint: undefined, report }
}

/** Takes a run up again in its folder. */
async function goOn({ deadline, ...prepared }: Prepared, earlier: EarlierRun, json: boolean): Promise<Job> {
  const { folder, checkpoint } = earlier
  const record = resumedRecord(earlier.record, prepared.record)
  await folder.writeJson('run.json', record)
  const report = await trainReport(json, deadline)
  report.started(record.data, prepared.model.parameterCount, folder.path)
  report.resumed(checkpoint?.steps ?? 0)
  return { ...prepared, record, folder, checkpoint: checkpoint?.bytes, report }
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
  await report.trained(result, members)
  job.model.scores = await scoresOf(job, result)
  await saveModel(job.model, folder)
  const plots = await writeOutcome(job, result, interrupted ? undefined : signal)
  const record = endedRun(job.record, interrupted ? 'interrupted' : 'finished')
  const page = job.options.draws ? await writeReport(folder.path, { record }) : undefined
  await folder.writeJson('run.json', record)
  if (!interrupted) await removeCheckpoints(folder)
  report.saved(folder.path, plots, page, interrupted)
  return interrupted || signal.aborted ? INTERRUPTED : 0
}

/** All is there: what is in the way of nothing is no reason to fail. */
async function removeCheckpoints({ checkpoints, path }: RunFolder): Promise<void> {
  try {
    await checkpoints.remove()
  } catch (cause) {
    warn(`The run is finished, but its checkpoints stay in ${path}: ${(cause as Error).message}.`)
  }
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
    const { cause } = { ...(error as Partial<Error>) }
    const saved = await saveFlow(model, rescue).then(
      () => `. It is saved as ${rescue} instead`,
      () => '',
    )
    throw new Error(`${asError(error).message}${wayOut(cause)}${saved}.`, { cause: error })
  }
}

/** Leaves what there is of a run that failed, with the reason in run.json, and returns the error to be shown. */
async function recordFailure({ folder, model, record }: Job, error: unknown): Promise<unknown> {
  if ((error instanceof UsageError || error instanceof DataError) && !record.training) {
    // Where that fails, the first reason is the one to tell.
    await folder.discard().catch(() => {})
    return error
  }
  let shown: unknown = error
  // Whatever failed behind training has left the model.
  if (record.training)
    shown = new Error(`${asError(error).message}. The model is saved in ${folder.path}.`, { cause: error })
  const reached = membersOf(model).filter(({ scaled }) => scaled)
  if (error instanceof TrainingError && reached.length > 0) {
    const path = join(folder.path, MODEL_FILE)
    await saveFlow(reached.length === membersOf(model).length ? model : ensemble(reached), path)
    const { losses } = error
    await folder.write(TRAINED_FILES.metrics, metricsText({ losses, validationLosses: [], validationEvery: 1 }))
    shown = new TrainingError(`${error.message} What was reached is saved as ${path}.`, error.step, { cause: error })
  }
  // On a disk that is full this fails as well, and the first reason is the one to tell.
  await folder.writeJson('run.json', endedRun(record, 'failed', asError(error).message)).catch(() => {})
  return shown
}
