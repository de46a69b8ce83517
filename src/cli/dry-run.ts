import { count } from '../data/wording.js'
import { copyFlow } from '../flow/copy.js'
import { membersOf } from '../flow/ensemble.js'
import { summary } from '../flow/summary.js'
import { START_SHARE } from '../train/best-start.js'
import { type FitMemory, fitMemory } from '../train/fit-memory.js'
import { isStill } from '../train/options.js'
import { sideBySide } from '../train/side-by-side.js'
import { secondsPerStep } from '../train/step-time.js'
import { bytesText } from './bytes-text.js'
import { budgetOf, outsetFlow, type Settled, takeFlow, trainOn, withPreprocess } from './choose-flow.js'
import { choosing } from './choosing.js'
import { say, sayLines, writeObject } from './output.js'
import { type ReadRows, readRows } from './prepare-training.js'
import { timeText } from './progress-text.js'
import { described, summaries } from './show.js'
import type { TrainOptions } from './train-options.js'

/** What a run would be, as far as it can be told before one. */
interface Outline extends Settled {
  /** The line that a choice by the rows begins with; undefined where the flow is settled. */
  readonly told?: string
}

/** How long a run would take. */
interface Duration {
  readonly steps: number | undefined
  /** Of training, and of choosing where that is timed. */
  readonly seconds: number
  readonly secondsPerStep?: number
}

/** Flows that are trained at the same time, and what each of them takes. */
interface Memory extends FitMemory {
  readonly atOnce: number
}

/** `train --dry-run`: reads, looks, tells, and writes nothing. */
export async function dryRun(data: string, asked: TrainOptions, json: boolean): Promise<number> {
  const read = await readRows(data, asked, { quiet: json, dry: true })
  const outline = await outlineOf(read)
  const memory = memoryOf(outline, read)
  const duration = await durationOf(outline, read, memory)
  if (json) {
    const { model, told } = outline
    const { name, points, columns, dim } = read.data
    const rows = { data: name, rows: points.rows, columns: columns.slice(0, dim), given: columns.slice(dim) }
    const tested = read.test?.rows ?? 0
    await writeObject({
      event: 'dryRun',
      ...rows,
      tested,
      settled: told === undefined,
      memory,
      ...duration,
      flow: described(model, {}),
    })
    return 0
  }
  sayLines(outlineText(outline, memory, duration).flatMap((text) => text.split('\n')))
  say('Dry run: nothing was trained, nothing is written.')
  return 0
}

/** The model as a run would begin with it. What the rows are to choose stands for itself: the layers that would be tried. */
async function outlineOf({ part, data, options, begun, named, how, known }: ReadRows): Promise<Outline> {
  const { columns, dim } = data
  if (begun) return trainOn(part, begun.model, options)
  if (named) return takeFlow(part, columns, dim, named, known, withPreprocess(options, how, known))
  return outsetFlow(part, columns, dim, known, options)
}

function memoryOf({ model, options }: Outline, { rows, weights }: ReadRows): Memory {
  const members = options.starts > 1 ? 1 : membersOf(model).length
  const { threads = 'auto' } = options.fit
  const plan = members > 1 ? sideBySide(members, threads) : { atOnce: 1, threads }
  const weighted = weights?.rows !== undefined
  const checkpoint = options.checkpoint === 'off' ? undefined : { write: () => {} }
  const fit = { ...options.fit, threads: plan.threads, checkpoint }
  return { atOnce: plan.atOnce, ...fitMemory(membersOf(model)[0], rows.rows, fit, weighted) }
}

/** By the budget, or by a short probe. */
async function durationOf(
  { model, options, told }: Outline,
  { part, options: asked }: ReadRows,
  { threads }: Memory,
): Promise<Duration> {
  const budget = budgetOf(asked)
  const { steps = 1 } = options.fit
  // How many of them fit into it is found out after the choice.
  if (budget !== undefined) return { steps: told === undefined ? steps : undefined, seconds: budget }
  if (isStill(options.fit)) return { steps, seconds: 0 }
  const members = options.starts > 1 ? [membersOf(model)[0]] : membersOf(model)
  const rows = part.weights ? { rows: part.rows, weights: part.weights } : part.rows
  const each = await choosing('the speed of a step', undefined, () =>
    // So short a run would take none by itself.
    secondsPerStep(
      rows,
      () => copyFlow(members[0]),
      members.length > 1 ? options.fit : { ...options.fit, threads },
      members.length,
    ),
  )
  const tried = options.starts > 1 ? START_SHARE * options.starts : 0
  return { steps, seconds: (1 + tried) * steps * each, secondsPerStep: each }
}

function outlineText({ model, options, told }: Outline, memory: Memory, duration: Duration): string[] {
  const { starts } = options
  return [
    ...(told === undefined ? [] : [`Chosen by the rows, to begin with: ${told}`]),
    ...(starts > 1 ? [`${starts} starts of`, summary(membersOf(model)[0])] : summaries(model)),
    ...(told === undefined
      ? []
      : [
          'The rows will decide whether its base is one normal or a mixture of normals, and whether training it is worth while.',
        ]),
    memoryText(memory),
    durationText(duration, told !== undefined, options),
  ]
}

function memoryText({ atOnce, threads, trainingRows, validationRows, rowBytes, bytesPerThread }: Memory): string {
  const held = validationRows > 0 ? ` and ${validationRows} held out` : ''
  const on = threads > 0 ? `for each of ${count(threads, 'thread')}` : 'on the calling thread'
  const all = atOnce * (rowBytes + Math.max(1, threads) * bytesPerThread)
  const flows = atOnce > 1 ? `${atOnce} flows at a time, each ` : ''
  return `Memory: ${flows}${bytesText(rowBytes)} for ${count(trainingRows, 'row')}${held}, ${bytesText(bytesPerThread)} ${on}; ${bytesText(all)} in all.`
}

function durationText(
  { steps, seconds, secondsPerStep: each }: Duration,
  chosen: boolean,
  { fit, starts }: TrainOptions,
): string {
  if (seconds === 0) return 'Time: nothing needs training.'
  const clock = timeText(seconds)
  if (each === undefined) {
    return `Time: ${clock} of budget${chosen ? ', choosing included' : `, about ${count(steps ?? 0, 'step')}`}.`
  }
  const tried = starts > 1 ? `, ${starts} starts included` : ''
  const before = chosen ? ', after the choice' : ''
  const patience = Number.isFinite(fit.stopping?.patience ?? Number.POSITIVE_INFINITY)
    ? ', less where patience ends it'
    : ''
  return `Time: ${count(steps ?? 0, 'step')} of ${(1000 * each).toPrecision(3)} ms, about ${clock} of training${tried}${before}${patience}.`
}
