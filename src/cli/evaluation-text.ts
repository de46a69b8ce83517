import type { Evaluation } from '../train/evaluation.js'
import type { FitResult } from '../train/fit.js'
import type { MeanNLL } from '../train/mean-nll.js'

const DIGITS = 4

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

/** A small table of the negative log-likelihoods, and what else was checked. */
export function evaluationText(evaluation: Evaluation): string {
  const { nll, gaussianBaseline, entropyFloor, excess, freshNll, note, leftOut } = evaluation
  const parts = (['train', 'validation', 'test'] as const).filter((part) => nll[part] !== undefined)
  const row = (name: string, figures: Partial<Record<string, MeanNLL>>, last?: MeanNLL) => [
    name,
    ...parts.map((part) => text(figures[part])),
    text(last),
  ]
  const gaussian = leftOut === undefined ? 'single Gaussian' : 'conditional Gaussian'
  const titles = { train: 'training', validation: 'validation', test: 'test' }
  const lines = [
    [
      'NLL, nats a row',
      ...parts.map((part) => `${titles[part]} (${nll[part]?.rows} rows)`),
      freshNll ? `fresh (${freshNll.rows} rows)` : '',
    ],
    row('this flow', { ...nll }, freshNll),
    gaussianBaseline ? row(gaussian, { ...gaussianBaseline }) : [gaussian, 'none fits: columns depend on each other'],
  ]
  if (entropyFloor !== undefined) lines.push(['floor (entropy)', entropyFloor.toFixed(DIGITS)])
  if (excess) lines.push(row('excess over truth', { train: excess.train }, excess.fresh))
  return [aligned(lines), checksText(evaluation), leftOut, note].filter((line) => line !== undefined).join('\n')
}

/** Mass and round trip, on one line. */
function checksText({ integralOfDensity: integral, worstRoundTrip }: Evaluation): string {
  const trip = `worst |x − f⁻¹(f(x))| ${worstRoundTrip === null ? 'not finite' : worstRoundTrip.toExponential(1)}`
  if (integral === undefined) return trip
  const grid = `${integral.side}² grid${integral.converged ? '' : ', not settled'}`
  return `∫ p = ${integral.value.toFixed(DIGITS + 1)} (${grid}), ${trip}`
}

function text(figure: MeanNLL | undefined): string {
  if (figure === undefined) return ''
  const { mean, standardError } = figure
  if (mean === null) return 'infinite: a row has density 0'
  return standardError === null ? mean.toFixed(DIGITS) : `${mean.toFixed(DIGITS)} ± ${standardError.toFixed(DIGITS)}`
}

function aligned(lines: readonly (readonly string[])[]): string {
  const columns = Math.max(...lines.map((cells) => cells.length))
  const widths = Array.from({ length: columns }, (_, c) => Math.max(...lines.map((cells) => cells[c]?.length ?? 0)))
  return lines
    .map((cells) =>
      cells
        .map((cell, c) => cell.padEnd(widths[c]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
