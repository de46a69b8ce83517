import type { Evaluation } from './figures.js'
import { type MeanNLL, withinNoise } from './mean-nll.js'

export interface VerdictOptions {
  /** What to give a run whose steps ran out too early. */
  readonly moreSteps?: string
}

/** Fewer rows than this tell little of a mean. */
const FEW_ROWS = 30
/** Rows for each column without which there is little to learn from. */
const ROWS_PER_COLUMN = 10
/** Nats, and standard errors, by which the rows trained on may be likelier than others before that tells of too few. */
const GAP = { nats: 0.05, errors: 3 }

/** The rows that a verdict is on. */
interface Ground {
  readonly part: 'train' | 'validation' | 'test' | 'fresh'
  readonly nll: MeanNLL
  readonly words: string
}

/**
 * One sentence on how a flow did: whether it is better than a Gaussian, and a mixture of such, and by how much; whether its
 * loss still fell at the end; whether there are enough rows. On the rows that know the least of it: drawn anew, else of the
 * test, else held out, else the very ones trained on.
 */
export function verdict(evaluation: Evaluation, { moreSteps = 'more steps' }: VerdictOptions = {}): string {
  const ground = groundOf(evaluation)
  const parts = [comparison(evaluation, ground), lossText(evaluation, moreSteps), rowsText(evaluation, ground)]
  return `On ${ground.words} the flow ${parts.join('; ')}.`
}

function groundOf({ nll: { train, validation, test }, freshNll }: Evaluation): Ground {
  const rows = (nll: MeanNLL, kind: string) => `${nll.rows} ${kind}${nll.rows === 1 ? 'row' : 'rows'}`
  if (freshNll) return { part: 'fresh', nll: freshNll, words: rows(freshNll, 'fresh ') }
  if (test && test.rows > 0) return { part: 'test', nll: test, words: rows(test, 'test ') }
  if (validation) {
    return {
      part: 'validation',
      nll: validation,
      words: `${rows(validation, 'validation ')}, which chose its weights,`,
    }
  }
  return { part: 'train', nll: train, words: `the ${rows(train, '')} it was trained on, which flatter it,` }
}

function comparison(
  { gaussianGain, mixtureGain, mixtureBaseline, leftOut }: Evaluation,
  { part, nll }: Ground,
): string {
  if (nll.mean === null) return 'gives a row density 0, and so has no mean to compare'
  const gaussian = gaussianGain?.[part]
  if (!gaussian) return 'has no Gaussian to be compared with, as columns depend on each other'
  const single = `${leftOut === undefined ? 'a single' : 'the conditional'} Gaussian`
  const mixture = mixtureGain?.[part]
  const mixtureText = mixture && ` and ${compared(mixture, `a mixture of ${mixtureBaseline?.components} Gaussians`)}`
  return `is ${compared(gaussian, single, ' nats a row')}${mixtureText ?? ''}`
}

function compared(gain: MeanNLL, rival: string, unit = ''): string {
  const { mean, standardError } = gain
  if (mean === null) return `beside ${rival} without a difference to tell`
  const digits = standardError ? Math.min(4, Math.max(1, 1 - Math.floor(Math.log10(standardError)))) : 2
  const error = standardError === null ? '' : ` ± ${standardError.toFixed(digits)}`
  const difference = `by ${Math.abs(mean).toFixed(digits)}${error}${unit}`
  const side = mean > 0 ? 'better' : 'worse'
  return withinNoise(gain)
    ? `level with ${rival} (${side} ${difference}, within noise)`
    : `${side} than ${rival} ${difference}`
}

function lossText({ losses: { steps, stillFalling, stopped } }: Evaluation, moreSteps: string): string {
  if (stillFalling === null)
    return `${steps === 1 ? '1 step is' : `${steps} steps are`} too few to tell whether its loss still falls`
  if (!stillFalling) return 'its loss no longer fell'
  return stopped === 'steps'
    ? `its loss was still falling when the steps ran out: give it ${moreSteps}`
    : 'its loss was still falling when it was interrupted'
}

function rowsText({ nll: { train }, gaussianGain, samplesOutside }: Evaluation, { part, nll }: Ground): string {
  const { rows } = nll
  if (train.rows < ROWS_PER_COLUMN * samplesOutside.columns.length) return `${train.rows} rows are few to train on`
  if (part === 'train') return 'only rows held out could tell whether there are enough'
  if (rows < FEW_ROWS) return `${rows === 1 ? '1 row tells' : `${rows} rows tell`} little`
  const gap = (nll.mean ?? 0) - (train.mean ?? 0)
  const error = Math.hypot(nll.standardError ?? 0, train.standardError ?? 0)
  if (nll.mean !== null && gap > Math.max(GAP.nats, GAP.errors * error)) {
    return `the rows trained on are likelier by ${gap.toFixed(2)}, and more of them would help`
  }
  const gain = gaussianGain?.[part]
  return gain && withinNoise(gain) ? 'more rows are needed to tell' : 'the rows are enough'
}
