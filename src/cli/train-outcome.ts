import { join } from 'node:path'
import { formatValues } from '../columns/format-values.js'
import { chosenColumns, takeColumns } from '../data/row-columns.js'
import { chosenRows, matrixSource, type RowSource } from '../data/row-source.js'
import { drawnMatrix, toMatrix } from '../data/rows.js'
import { formatHeader, formatRows } from '../data/write-table.js'
import { asError } from '../errors.js'
import { joined } from '../flow/context.js'
import { sample } from '../parallel/evaluate.js'
import { endIdleThreads } from '../parallel/pool.js'
import { threadsOfAll } from '../parallel/threads.js'
import { evaluate } from '../train/evaluation.js'
import type { Evaluation } from '../train/figures.js'
import type { FitResult } from '../train/fit.js'
import { contextsOf, weightsIn } from '../train/given-rows.js'
import { type StrangestRows, strangestRows } from '../train/strangest-rows.js'
import { verdict } from '../train/verdict.js'
import { wayOut } from './run-folder.js'
import type { Job } from './train-job.js'

export const TRAINED_FILES = {
  metrics: 'metrics.jsonl',
  evaluation: 'evaluation.json',
  samples: 'samples.csv',
  plots: 'plots',
}

const OF_SPREAD_ROWS =
  'These figures are of densities, values on a grid being spread over its steps; of such values score has the probability in place of the density.'
const OF_DRAWN_CELLS =
  ' Where cells are missing the figures are of values that were drawn for them; score integrates these out.'
const FRESH_ROWS = 100_000
const MOST_SAMPLES = 10_000

/**
 * Writes what tells about a trained flow: evaluation, samples as many as training rows, pictures. Returns the names
 * of the pictures.
 * @throws signal.reason when aborted, between two files.
 */
export async function writeOutcome(job: Job, result: FitResult, signal: AbortSignal | undefined): Promise<string[]> {
  const { model, data, options, folder, report } = job
  const { threads } = options.fit
  // What a generator knows is the density of all of its columns.
  const truth = model.contextDim > 0 ? undefined : data.generated?.generator
  const test = job.test && { rows: job.test, weights: job.weights?.test }
  const rows = { rows: job.rows, weights: job.weights?.rows }
  const given = { truth, fresh: freshRows(job), test, numbers: job.numbers, threads, signal }
  const figures = {
    ...(await evaluate(model, rows, result, given)),
    ...(data.codec?.uniform && { units: OF_SPREAD_ROWS + (data.codec.gaps.length > 0 ? OF_DRAWN_CELLS : '') }),
    strangest: await strangestOf(job, result, signal),
    ...(job.trials && { trials: job.trials }),
  }
  const moreSteps = options.chosen ? 'more (--budget or --steps)' : 'more (--steps)'
  const evaluation = { ...figures, verdict: verdict(figures, { moreSteps, columns: model.dim }) }
  await folder.writeJson(TRAINED_FILES.evaluation, evaluation)
  report.evaluated(evaluation)
  await folder.write(TRAINED_FILES.samples, await samplesText(job, signal))
  signal?.throwIfAborted()
  if (!options.draws) return []
  const plots = await drawPlots(job, result, evaluation)
  signal?.throwIfAborted()
  return plots
}

/** The rows that know the least of the flow, and which of the data they are; those trained on where none were held out. */
function heldOut({ rows, weights, test, numbers }: Job, { split: { training, validation } }: FitResult) {
  if (test && numbers) {
    return { part: 'test' as const, rows: test, weights: weights?.test, sets: [numbers.test] }
  }
  const [part, set] = validation.size > 0 ? (['validation', validation] as const) : (['training', training] as const)
  const outer = numbers ? [numbers.rows] : []
  return { part, rows: chosenRows(rows, set), weights: weightsIn(weights?.rows, set), sets: [set, ...outer] }
}

async function strangestOf(job: Job, result: FitResult, signal: AbortSignal | undefined): Promise<StrangestRows> {
  const { model, columns, options, data } = job
  const { part, sets, ...rows } = heldOut(job, result)
  const threads = threadsOfAll(options.fit.threads ?? 'auto', model, rows.rows.rows)
  const found = await strangestRows(model, rows, sets, { threads, signal })
  if (!data.codec) return { part, columns, rows: found }
  const { columns: names, texts } = data.codec
  const encoded = Float64Array.from(found.flatMap(({ values }) => values))
  const values = data.codec.decode(encoded, new Float64Array(found.length * names.length))
  const cell = (value: number, j: number) => (Number.isNaN(value) ? null : (texts[j]?.(value) ?? value))
  const asTheyWere = found.map((row, i) => ({
    ...row,
    values: Array.from(values.subarray(i * names.length, (i + 1) * names.length), cell),
  }))
  return { part, columns: names, rows: asTheyWere }
}

/** Points of a generator have streams of their own: those after the training rows are new. */
function freshRows({ data: { generated }, columns: wanted, options }: Job): RowSource | undefined {
  if (!generated) return undefined
  const { columns } = generated.generator
  const fresh = generated.generator.generate(FRESH_ROWS, { seed: options.seed, first: generated.points.rows })
  const places = wanted.map((name) => columns.indexOf(name))
  return chosenColumns(matrixSource(toMatrix(fresh, columns.length, 'Fresh rows')), places)
}

/** Samples as many as rows, in the order of the file's columns; what they are given is that of some of its rows. */
async function samplesText(
  { model, rows, columns, weights, data, options }: Job,
  signal?: AbortSignal,
): Promise<string> {
  const count = Math.min(MOST_SAMPLES, rows.rows)
  const context = model.contextDim > 0 ? await contextsOf(model, rows, count, weights?.rows) : undefined
  const { threads } = options.fit
  const drawn = await sample(model, count, { seed: options.seed, threads, signal, context: context?.data })
  const whole = joined(drawnMatrix(drawn, model.dim), context).part(0, count)
  if (data.codec) {
    const values = data.codec.decode(whole, new Float64Array(count * data.codec.columns.length))
    return formatHeader(data.codec.columns) + [...formatValues(values, data.codec.texts)].join('')
  }
  const names = data.generated?.generator.columns ?? columns
  const places = names.map((name) => columns.indexOf(name))
  const ordered = takeColumns(whole, columns.length, places, new Float64Array(whole.length))
  return formatHeader(names) + [...formatRows(ordered, columns.length)].join('')
}

async function drawPlots(job: Job, result: FitResult, evaluation: Evaluation) {
  const { model, rows, columns, options, folder } = job
  // Pictures are drawn by one thread, and in the room that the others took.
  await endIdleThreads()
  // The chart library takes longer to load than most commands take to run.
  const { writePlots } = await import('../report/write-plots.js')
  const { losses, validationLosses, validationEvery, bestStep, logScale } = result
  try {
    return await writePlots(join(folder.path, TRAINED_FILES.plots), {
      flow: model,
      rows,
      columns,
      seed: options.seed,
      heldOut: heldOut(job, result),
      losses,
      validationLosses,
      validationEvery,
      bestStep,
      logScale,
      entropyFloor: evaluation.entropyFloor,
      gaussianNll: evaluation.gaussianBaseline?.train.mean ?? undefined,
    })
  } catch (cause) {
    throw new Error(`The pictures cannot be written in ${folder.path}: ${asError(cause).message}${wayOut(cause)}`, {
      cause,
    })
  }
}
