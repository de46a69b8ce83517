import type { Evaluation, MeanNLL } from '../train/evaluation.js'
import type { FitResult } from '../train/fit.js'
import type { Progress } from '../train/options.js'

const DIGITS = 4

/** One line on how far training is. */
export function progressText({ step, steps, loss, best, patience }: Progress): string {
  const left = patience === Number.POSITIVE_INFINITY ? 'off' : patience
  return `step ${step}/${steps}  loss ${loss.toFixed(DIGITS)}  best ${best.toFixed(DIGITS)}  patience ${left}`
}

const WHY: Readonly<Record<FitResult['stopped'], string>> = {
  steps: 'all steps done',
  patience: 'out of patience',
  aborted: 'interrupted',
}

/** One line on what training did. */
export function resultText({ steps, bestStep, seconds, stopped, threads, kernels }: FitResult): string {
  const where = threads === 0 ? 'this thread' : threads === 1 ? '1 thread' : `${threads} threads`
  const best = bestStep < 0 ? '' : `, best at step ${bestStep}`
  return `${steps} steps in ${seconds.toFixed(1)} s on ${where} (${kernels}): ${WHY[stopped]}${best}.`
}

/** A small table of the negative log-likelihoods. */
export function evaluationText({ nll, gaussianBaseline, entropyFloor, excess }: Evaluation): string {
  const lines = [
    [
      'NLL, nats a row',
      `training (${nll.train.rows} rows)`,
      nll.validation ? `validation (${nll.validation.rows} rows)` : '',
    ],
  ]
  lines.push(['this flow', figure(nll.train), nll.validation ? figure(nll.validation) : ''])
  const { train, validation } = gaussianBaseline ?? {}
  lines.push([
    'single Gaussian',
    train ? figure(train) : 'none fits: columns depend on each other',
    validation ? figure(validation) : '',
  ])
  if (entropyFloor !== undefined) lines.push(['floor (entropy)', entropyFloor.toFixed(DIGITS), ''])
  if (excess != null) lines.push(['excess over truth', excess.toFixed(DIGITS), ''])
  const widths = [0, 1].map((c) => Math.max(...lines.map((cells) => cells[c].length)))
  return lines.map(([a, b, c]) => `${a.padEnd(widths[0])}  ${b.padEnd(widths[1])}  ${c}`.trimEnd()).join('\n')
}

function figure({ mean, standardError }: MeanNLL): string {
  if (mean === null) return 'infinite: a row has density 0'
  return standardError === null ? mean.toFixed(DIGITS) : `${mean.toFixed(DIGITS)} ± ${standardError.toFixed(DIGITS)}`
}
