import type { Evaluation } from './figures.js'
import { type MeanNLL, NOISE, noiseOfFolds, ROUNDING, withinNoise } from './mean-nll.js'
import { chosenOf } from './trials.js'

export interface VerdictOptions {
  /** What to give a run whose steps ran out too early. */
  readonly moreSteps?: string
  /** How many columns are modelled, where not all are among those that samples are compared in. */
  readonly columns?: number
}

/** Fewer rows than this tell little of a mean. */
const FEW_ROWS = 30
/** Rows for each column without which there is little to learn from. */
const ROWS_PER_COLUMN = 10
/** Nats, and standard errors, by which the rows trained on may be likelier than others before that tells of too few. */
const GAP = { nats: 0.05, errors: 3 }
/** Training that made rows left out likelier up to this share of its steps did so to its end. */
const LATE = 0.9

/** The rows that a verdict is on, and how likely the flow makes them. */
interface Ground {
  readonly on: 'train' | 'validation' | 'folds' | 'test' | 'fresh'
  readonly words: string
  readonly nll: MeanNLL
  readonly gaussianGain: MeanNLL | null | undefined
  readonly mixtureGain: MeanNLL | null | undefined
  /** Standard errors that a difference must have to count. */
  readonly noise: number
}

/**
 * One sentence on how a flow did: whether it is better than a Gaussian, and a mixture of such, and by how much; whether its
 * loss still fell at the end, and whether it diverged on the way; whether there are enough rows. On the rows that know the least of it: drawn anew, else of the
 * test, else left out in turn by cross-validation, else held out, else the very ones trained on.
 */
export function verdict(
  evaluation: Evaluation,
  { moreSteps = 'more steps', columns = evaluation.samplesOutside.columns.length }: VerdictOptions = {},
): string {
  const ground = groundOf(evaluation)
  const parts = [
    comparison(evaluation, ground),
    ...recoveriesText(evaluation),
    lossText(evaluation, moreSteps),
    rowsText(evaluation, ground, columns),
  ]
  return `${ground.words} ${subject(evaluation, ground)} ${parts.join('; ')}.`
}

function subject({ members }: Evaluation, { on }: Ground): string {
  if (members === undefined) return 'the flow'
  return on === 'folds' ? 'a member of the ensemble' : 'the ensemble'
}

function groundOf(evaluation: Evaluation): Ground {
  const { nll, freshNll, gaussianGain, mixtureGain, trials } = evaluation
  const { train, validation, test } = nll
  const rows = (nll: MeanNLL, kind: string) => `${nll.rows} ${kind}${nll.rows === 1 ? 'row' : 'rows'}`
  const part = (on: 'train' | 'validation' | 'test' | 'fresh', nll: MeanNLL, words: string): Ground => ({
    ...{ on, words, nll, gaussianGain: gaussianGain?.[on], mixtureGain: mixtureGain?.[on], noise: NOISE },
  })
  if (freshNll) return part('fresh', freshNll, `On ${rows(freshNll, 'fresh ')}`)
  if (test && test.rows > 0) return part('test', test, `On ${rows(test, 'test ')}`)
  if (trials?.folds != null) {
    const words = `By ${trials.folds}-fold cross-validation`
    return { ...chosenOf(trials), on: 'folds', words, mixtureGain: undefined, noise: noiseOfFolds(trials.folds) }
  }
  if (validation) {
    return part('validation', validation, `On ${rows(validation, 'validation ')}, which chose its weights,`)
  }
  return part('train', train, `On the ${rows(train, '')} it was trained on, which flatter it,`)
}

function comparison(
  { mixtureBaseline, leftOut }: Evaluation,
  { nll, gaussianGain: gaussian, mixtureGain: mixture, noise }: Ground,
): string {
  if (nll.mean === null) return 'gives a row density 0, and so has no mean to compare'
  if (!gaussian) return 'has no Gaussian to be compared with, as columns depend on each other'
  const single = `${leftOut === undefined ? 'a single' : 'the conditional'} Gaussian`
  const mixtureText =
    mixture && ` and ${compared(mixture, noise, `a mixture of ${mixtureBaseline?.components} Gaussians`)}`
  return `is ${compared(gaussian, noise, single, ' nats a row')}${mixtureText ?? ''}`
}

function compared(gain: MeanNLL, noise: number, rival: string, unit = ''): string {
  const { mean, standardError } = gain
  if (mean === null) return `beside ${rival} without a difference to tell`
  if (isRival(gain)) return `the same as ${rival}`
  const digits = standardError ? Math.min(4, Math.max(1, 1 - Math.floor(Math.log10(standardError)))) : 2
  const error = standardError === null ? '' : ` ± ${standardError.toFixed(digits)}`
  const difference = `by ${Math.abs(mean).toFixed(digits)}${error}${unit}`
  const side = mean > 0 ? 'better' : 'worse'
  return withinNoise(gain, noise)
    ? `level with ${rival} (${side} ${difference}, within noise)`
    : `${side} than ${rival} ${difference}`
}

/** Whether row for row there is no difference but rounding: what a flow starts from is a rival at times, and may be the best. */
function isRival({ mean, standardError }: MeanNLL): boolean {
  return mean !== null && standardError !== null && Math.max(Math.abs(mean), NOISE * standardError) < ROUNDING
}

function recoveriesText({ losses: { recoveries } }: Evaluation): string[] {
  const last = recoveries?.at(-1)
  if (!recoveries || !last) return []
  const times = recoveries.length === 1 ? 'once' : `${recoveries.length} times`
  return [
    `its training diverged ${times} and went on at half the learning rate each time, ${last.learningRate} at last`,
  ]
}

function lossText({ losses, trials }: Evaluation, moreSteps: string): string {
  const { steps, stillFalling, stopped, untrained } = losses
  if (untrained) return 'nothing needed training'
  if (trials?.folds != null && stopped === 'steps') {
    const { steps: best, triedFor } = chosenOf(trials)
    return best < LATE * triedFor
      ? 'it was trained for as long as that made rows that are left out likelier'
      : `rows that are left out were likeliest behind all of the ${triedFor} steps tried`
  }
  if (stillFalling === null)
    return `${steps === 1 ? '1 step is' : `${steps} steps are`} too few to tell whether its loss still falls`
  if (!stillFalling) return 'its loss no longer fell'
  return stopped === 'steps'
    ? `its loss was still falling when the steps ran out: give it ${moreSteps}`
    : 'its loss was still falling when it was interrupted'
}

function rowsText({ nll: { train } }: Evaluation, { on, nll, gaussianGain, noise }: Ground, columns: number): string {
  const { rows } = nll
  if (train.rows < ROWS_PER_COLUMN * columns) return `${train.rows} rows are few to train on`
  if (on === 'train') return 'only rows held out could tell whether there are enough'
  if (rows < FEW_ROWS) return `${rows === 1 ? '1 row tells' : `${rows} rows tell`} little`
  const gap = (nll.mean ?? 0) - (train.mean ?? 0)
  const error = Math.hypot(nll.standardError ?? 0, train.standardError ?? 0)
  if (nll.mean !== null && gap > Math.max(GAP.nats, GAP.errors * error)) {
    return `the rows trained on are likelier by ${gap.toFixed(2)}, and more of them would help`
  }
  return gaussianGain && !isRival(gaussianGain) && withinNoise(gaussianGain, noise)
    ? 'more rows are needed to tell'
    : 'the rows are enough'
}
