import { count } from '../data/wording.js'
import type { Evaluation } from '../train/figures.js'
import type { FitResult } from '../train/fit.js'
import { type MeanNLL, NOISE, noiseOfFolds, withinNoise } from '../train/mean-nll.js'
import type { Recovery } from '../train/recoveries.js'
import type { Trials } from '../train/trials.js'
import { findingsText } from './findings-text.js'
import { wrapped } from './wrap.js'

const DIGITS = 4
/** A mean and its median are far apart from so many nats on, and so many times the range of the middle half of the rows. */
const APART = { nats: 1, ranges: 0.5 }

const WHY: Readonly<Record<FitResult['stopped'], string>> = {
  steps: 'all steps done',
  after: 'as many as help',
  patience: 'out of patience',
  aborted: 'interrupted',
}

/** One line on what training did. */
export function resultText(
  result: Pick<FitResult, 'steps' | 'bestStep' | 'seconds' | 'stopped' | 'threads' | 'kernels' | 'untrained'> &
    Partial<Pick<FitResult, 'recoveries'>>,
): string {
  const { steps, bestStep, seconds, stopped, threads, kernels, untrained, recoveries = [] } = result
  if (untrained) return `Nothing needed training: fitted in ${seconds.toFixed(1)} s.`
  const where = threads === 0 ? 'the main thread' : threads === 1 ? '1 thread' : `${threads} threads`
  const best = bestStep < 0 ? '' : `, best at step ${bestStep}`
  return `${steps} ${steps === 1 ? 'step' : 'steps'} in ${seconds.toFixed(1)} s on ${where} (${kernels}): ${WHY[stopped]}${best}${recoveredText(recoveries)}.`
}

function recoveredText(recoveries: readonly Recovery[]): string {
  const rate = recoveries.at(-1)?.learningRate
  if (rate === undefined) return ''
  const times = recoveries.length === 1 ? 'once' : `${recoveries.length} times`
  return `; went back ${times} from a loss that was not finite, to half the learning rate each time, ${rate} at last`
}

/** A small table of the negative log-likelihoods, what else was checked, and the verdict, in lines of at most `width` but for tables. */
export function evaluationText(evaluation: Evaluation, width: number): string {
  const { leftOut, note, units, verdict } = evaluation
  const sentences = [
    checksText(evaluation),
    ...findingsText(evaluation),
    evaluation.goodness?.verdict,
    evaluation.regression && regressionText(evaluation.regression),
    evaluation.classification && classificationText(evaluation.classification),
    ...[leftOut, note, units],
  ]
  const lines = [
    aligned(figuresTable(evaluation)),
    ...(evaluation.trials ? ['', aligned(trialsTable(evaluation.trials)), ''] : []),
    ...(gainsOf(evaluation).some((gain) => withinNoise(gain))
      ? ['≈ is within noise: less than two standard errors.']
      : []),
    ...sentences.map((sentence) => sentence && wrapped(sentence, width)),
    ...(verdict === undefined ? [] : ['', wrapped(verdict, width)]),
  ]
  return lines.filter((line) => line !== undefined).join('\n')
}

function gainsOf({ gaussianGain, mixtureGain }: Evaluation): MeanNLL[] {
  return [...Object.values(gaussianGain ?? {}), ...Object.values(mixtureGain ?? {})]
}

/** What the flow was chosen by, a heading and each that was tried on a line. */
export function trialsTable({ folds, flows, chosen }: Trials): string[][] {
  const noise = folds === null ? NOISE : noiseOfFolds(folds)
  const compared = flows.some(({ gaussianGain }) => gaussianGain !== null)
  const how = folds === null ? `tried on ${flows[0].nll.rows} validation rows` : `${folds}-fold cross-validation`
  return [
    [how, 'NLL, nats a row', ...(compared ? ['better than a Gaussian by'] : [])],
    ...flows.map(({ name, nll, gaussianGain }) => [
      `  ${name}${name === chosen && flows.length > 1 ? ' (chosen)' : ''}`,
      nllText(nll),
      gainText(gaussianGain ?? undefined, noise),
    ]),
  ]
}

const TITLES = { train: 'training', validation: 'validation', test: 'test', fresh: 'fresh' }
type Part = keyof typeof TITLES

/** Negative log-likelihoods of the flow and its rivals by split, a heading and a line each; names that begin with blanks belong to those above. */
export function figuresTable(evaluation: Evaluation): string[][] {
  const { nll, gaussianBaseline, gaussianGain, mixtureBaseline, mixtureGain, leftOut, members } = evaluation
  const model = members === undefined ? 'flow' : 'ensemble'
  const all: Partial<Record<Part, MeanNLL>> = { ...nll, ...(evaluation.freshNll && { fresh: evaluation.freshNll }) }
  const parts = (['train', 'validation', 'test', 'fresh'] as const).filter((part) => all[part] !== undefined)
  const row = (name: string, figures: Partial<Record<Part, MeanNLL>>) => [
    name,
    ...parts.map((part) => nllText(figures[part])),
  ]
  const gains = (figures: Partial<Record<Part, MeanNLL>> | null | undefined) =>
    figures ? [[`  ${model} better by`, ...parts.map((part) => gainText(figures[part]))]] : []
  const gaussian = leftOut === undefined ? 'single Gaussian' : 'conditional Gaussian'
  const lines = [
    ['NLL, nats a row', ...parts.map((part) => `${TITLES[part]} (${count(all[part]?.rows ?? 0, 'row')})`)],
    row(`this ${model}`, all),
    ...medians(evaluation, parts),
    gaussianBaseline ? row(gaussian, gaussianBaseline) : [gaussian, 'none fits: columns depend on each other'],
    ...gains(gaussianGain),
    ...(mixtureBaseline ? [row(`mixture of ${mixtureBaseline.components}`, mixtureBaseline)] : []),
    ...gains(mixtureGain),
  ]
  if (evaluation.entropyFloor !== undefined) lines.push(['floor (entropy)', evaluation.entropyFloor.toFixed(DIGITS)])
  if (evaluation.excess) lines.push(row('excess over truth', evaluation.excess))
  return lines
}

/** The medians, where a mean lies so far from one that a few rows must have made it. */
function medians({ nll, quartiles }: Evaluation, parts: readonly Part[]): string[][] {
  const figures = parts.map((part) => (part === 'fresh' ? undefined : { mean: nll[part]?.mean, of: quartiles?.[part] }))
  const apart = figures.some((figure) => {
    const [lower, median, upper] = figure?.of ?? []
    if (lower == null || median == null || upper == null || figure?.mean == null) return false
    return Math.abs(figure.mean - median) > Math.max(APART.nats, APART.ranges * (upper - lower))
  })
  return apart ? [['  median', ...figures.map((figure) => figure?.of?.[1]?.toFixed(DIGITS) ?? '')]] : []
}

/** Mass and round trip, on one line. */
export function checksText({ integralOfDensity: integral, worstRoundTrip }: Evaluation): string {
  const trip = `worst |x − f⁻¹(f(x))| ${worstRoundTrip === null ? 'not finite' : worstRoundTrip.toExponential(1)}`
  if (integral === undefined) return trip
  const grid = `${integral.side}² grid${integral.converged ? '' : ', not settled'}`
  return `∫ p = ${integral.value.toFixed(DIGITS + 1)} (${grid}), ${trip}`
}

/** A mean with its standard error. */
export function nllText(figure: MeanNLL | undefined): string {
  if (figure === undefined) return ''
  const { mean, standardError } = figure
  if (mean === null) return 'infinite: a row has density 0'
  return standardError === null ? mean.toFixed(DIGITS) : `${mean.toFixed(DIGITS)} ± ${standardError.toFixed(DIGITS)}`
}

/** A difference, marked where it may be chance. */
export function gainText(gain: MeanNLL | undefined, noise = NOISE): string {
  return gain && withinNoise(gain, noise) ? `≈ ${nllText(gain)}` : nllText(gain)
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

/** "Of 400 test rows 90 % intervals hold 89.5 % and are 1.62 wide on average; CRPS 0.31 ± 0.01, root mean squared error 0.56." */
function regressionText({ part, rows, crps, coverage, width, rmse }: NonNullable<Evaluation['regression']>): string {
  return `Of ${rows} ${part} rows 90 % intervals hold ${percent(coverage)} and are ${width.toPrecision(3)} wide on average; CRPS ${scoreText(crps)}, root mean squared error ${rmse.toPrecision(3)}.`
}

/** "Of 34 test rows 97.1 % have the likeliest name, 44.1 % the commonest; log-loss 0.0812 ± 0.04 nats." */
function classificationText(classification: NonNullable<Evaluation['classification']>): string {
  const { part, rows, accuracy, commonest, logLoss } = classification
  return `Of ${rows} ${part} rows ${percent(accuracy)} have the name that is likeliest given the others, ${percent(commonest)} the commonest one; log-loss ${scoreText(logLoss)} nats.`
}

function scoreText({ mean, standardError }: MeanNLL): string {
  const score = mean === null ? 'unknown' : mean.toPrecision(3)
  return standardError === null ? score : `${score} ± ${standardError.toPrecision(1)}`
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
