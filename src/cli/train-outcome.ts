import { join } from 'node:path'
import { formatHeader, formatRows } from '../data/write-table.js'
import { sample } from '../parallel/evaluate.js'
import { endIdleThreads } from '../parallel/pool.js'
import { type Evaluation, evaluate } from '../train/evaluation.js'
import type { FitResult } from '../train/fit.js'
import { wayOut } from './run-folder.js'
import type { Job } from './train.js'

export const TRAINED_FILES = {
  metrics: 'metrics.jsonl',
  evaluation: 'evaluation.json',
  samples: 'samples.csv',
  plots: 'plots',
}

const FRESH_ROWS = 100_000
const MOST_SAMPLES = 10_000

/**
 * Writes what tells about a trained flow: evaluation, samples as many as training rows, pictures. Returns the names
 * of the pictures.
 * @throws signal.reason when aborted, between two files.
 */
export async function writeOutcome(job: Job, result: FitResult, signal: AbortSignal | undefined): Promise<string[]> {
  const { model, rows, test, source, options, folder, report } = job
  const { threads } = options.fit
  const { generator: truth } = source
  // Points of a generator have streams of their own: those after the training rows are new.
  const fresh = truth?.generate(FRESH_ROWS, { seed: options.seed, first: source.points.rows })
  const evaluation = await evaluate(model, rows, result, { truth, fresh, test, threads, signal })
  await folder.writeJson(TRAINED_FILES.evaluation, evaluation)
  report.evaluated(evaluation)
  const drawn = await sample(model, Math.min(MOST_SAMPLES, rows.rows), { seed: options.seed, threads, signal })
  await folder.write(
    TRAINED_FILES.samples,
    formatHeader(source.columns) + [...formatRows(drawn.data, model.dim)].join(''),
  )
  signal?.throwIfAborted()
  if (options.plots === 'off' || (options.plots === 'auto' && options.fit.steps === 1)) return []
  const plots = await drawPlots(job, result, evaluation)
  signal?.throwIfAborted()
  return plots
}

async function drawPlots({ model, rows, source, options, folder }: Job, result: FitResult, evaluation: Evaluation) {
  // Pictures are drawn by one thread, and in the room that the others took.
  await endIdleThreads()
  // The chart library takes longer to load than most commands take to run.
  const { writePlots } = await import('../report/write-plots.js')
  const { losses, validationLosses, validationEvery, bestStep, logScale } = result
  try {
    return await writePlots(join(folder.path, TRAINED_FILES.plots), {
      flow: model,
      rows,
      columns: source.columns,
      seed: options.seed,
      losses,
      validationLosses,
      validationEvery,
      bestStep,
      logScale,
      entropyFloor: evaluation.entropyFloor,
      gaussianNll: evaluation.gaussianBaseline?.train.mean ?? undefined,
    })
  } catch (cause) {
    const { message } = cause as Error
    throw new Error(`The pictures cannot be written in ${folder.path}: ${message}${wayOut(cause)}`, { cause })
  }
}
