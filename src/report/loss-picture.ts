import { dot, type Markish, ruleX, ruleY, text } from '@observablehq/plot'
import { figure, MARGIN } from './figure.js'
import { type Interval, padded, quantile, sorted } from './interval.js'
import { binLosses, curveMarks, type LossBin } from './loss-curve.js'
import { type Panel, panel } from './panel.js'
import { type SideLabel, sideLabels } from './side-labels.js'
import { natsText, numberText, textWidth } from './text.js'
import { COLOUR, TEXT } from './theme.js'

/** What a picture of losses shows beside them. */
export interface LossOptions {
  /** losses[t] belongs to the parameters before update t; nats, standardised units. */
  readonly losses: Float64Array
  /** Of steps 0, validationEvery, 2·validationEvery, …; empty where nothing was held out. */
  readonly validationLosses?: Float64Array
  readonly validationEvery?: number
  /** The step whose weights were kept; none where it is not ≥ 0. */
  readonly bestStep?: number
  /** What to add to a loss to have it in the units of the data; default 0. */
  readonly logScale?: number
  /** Entropy of the true distribution, nats, original units. */
  readonly entropyFloor?: number
  /** Mean negative log-likelihood of the single Gaussian, nats, original units. */
  readonly gaussianNll?: number
  /** Whether columns are modelled given others, and the Gaussian is so too; default false. */
  readonly conditional?: boolean
}

interface Curve {
  readonly name: string
  readonly colour: string
  readonly bins: readonly LossBin[]
}

/** Everything drawn, in original units. */
interface Drawing {
  readonly curves: readonly Curve[]
  readonly references: readonly SideLabel[]
  readonly best: { readonly step: number; readonly loss: number } | undefined
  readonly x: Interval
}

const SIZE = { width: 640, height: 270 }
/** About one bin a px. */
const BINS = 600
/** The first losses may be enormous: this share of all steps may leave the picture at the top. */
const LEAVING = 0.05
/** A validation loss is followed up to this many times the height of all else. */
const RUNNING_AWAY = 2
/** The curve is shown once more, closer, where it would fill less than this share of the height. */
const FLAT = 0.4

/** Loss against step, with what it can be held against: the entropy floor and the single Gaussian. */
export function lossPicture(options: LossOptions): string {
  const { losses, validation, drawing } = drawingOf(options)
  const values = drawing.references.map(({ value }) => value)
  const near = curveDomain(losses, validation, values)
  const whole = padded(Math.min(near[0], ...values), Math.max(near[1], ...values), 0.06)
  const domains = near[1] - near[0] < FLAT * (whole[1] - whole[0]) ? [whole, padded(near[0], near[1], 0.06)] : [whole]
  const parts = domains.map((y, i) => ({
    y,
    chart: i === 0 ? chartOf(drawing, y) : chartOf(drawing, y, 'the same, closer'),
  }))
  const left = Math.max(...parts.map(({ chart }) => chart.left))
  const names = labelsOf(drawing)
  const side = Math.max(0, ...names.map(({ text }) => textWidth(`${text} ↑`, TEXT.subtitle))) + 14
  const high = Math.max(...[losses, validation].map((values) => sorted(values).at(-1) ?? near[1]))
  return figure({
    title: 'Loss',
    subtitle: `Mean negative log-likelihood, for the data in their own units, against step.${high > whole[1] ? ` It reaches ${natsText(high)}, above the picture.` : ''}`,
    width: MARGIN + left + SIZE.width + side + MARGIN,
    height: parts.reduce((sum, { chart }) => sum + chart.height, 0),
    draw(top) {
      let y = top
      return parts
        .map(({ chart, y: domain }, i) => {
          const at = { x: MARGIN + left + SIZE.width + 8, top: y + chart.top, height: SIZE.height }
          const placed = chart.place(MARGIN + left - chart.left, y)
          y += chart.height
          const within = names.filter(({ value }) => i === 0 || (value >= domain[0] && value <= domain[1]))
          return placed + sideLabels(within, domain, at)
        })
        .join('\n')
    },
  })
}

function drawingOf(options: LossOptions): { losses: Float64Array; validation: Float64Array; drawing: Drawing } {
  const { bestStep = -1, logScale = 0, validationEvery = 1 } = options
  const original = (values: Float64Array = new Float64Array()) => values.map((value) => value + logScale)
  const losses = original(options.losses)
  const validation = original(options.validationLosses)
  const loss = validation.length > 0 ? validation[bestStep / validationEvery] : losses[bestStep]
  const curves = [
    { name: 'training', colour: COLOUR.data, bins: binLosses(losses, BINS) },
    { name: 'validation', colour: COLOUR.model, bins: binLosses(validation, BINS, validationEvery) },
  ].filter(({ bins }) => bins.length > 0)
  const best = Number.isFinite(loss) ? { step: bestStep, loss } : undefined
  const drawing = { curves, references: referencesOf(options), best, x: [0, Math.max(1, losses.length - 1)] as const }
  return { losses, validation, drawing }
}

function referencesOf({ entropyFloor, gaussianNll, conditional = false }: LossOptions): SideLabel[] {
  const references = [
    { name: `${conditional ? 'conditional' : 'single'} Gaussian`, value: gaussianNll, colour: COLOUR.muted },
    { name: 'entropy floor', value: entropyFloor, colour: COLOUR.ink },
  ]
  return references.flatMap(({ name, value, colour }) =>
    value !== undefined && Number.isFinite(value) ? [{ text: `${name} ${natsText(value)}`, value, colour }] : [],
  )
}

/** The ends of the curves and the lines they are held against. */
function labelsOf({ curves, references }: Drawing): SideLabel[] {
  const ends = curves.map(({ name, colour, bins }) => {
    const { mean } = bins[bins.length - 1]
    return {
      text: `${name} ${natsText(mean)}`,
      value: mean,
      colour: colour === COLOUR.model ? COLOUR.modelDark : colour,
    }
  })
  return [...ends, ...references]
}

/** All losses but the greatest few; a validation loss that runs away does not take the rest with it. */
function curveDomain(losses: Float64Array, validation: Float64Array, references: readonly number[]): Interval {
  const trained = sorted(losses)
  const held = sorted(validation)
  if (trained.length === 0) return held.length === 0 ? [0, 0] : [held[0], quantile(held, 1 - LEAVING)]
  const low = Math.min(trained[0], held[0] ?? trained[0])
  const high = quantile(trained, 1 - LEAVING)
  const reach = low + RUNNING_AWAY * (Math.max(high, ...references) - low)
  return [low, Math.max(high, Math.min(reach, held.length === 0 ? high : quantile(held, 1 - LEAVING)))]
}

function chartOf({ curves, references, best, x }: Drawing, y: Interval, title?: string): Panel {
  const within = references.filter(({ value }) => value >= y[0] && value <= y[1])
  return panel({
    ...SIZE,
    grid: true,
    ...(title === undefined ? { headroom: 20 } : { title }),
    x: { domain: x, label: 'step' },
    y: { domain: y, label: 'nats per row' },
    marks: [
      ...within.map(({ value, colour }) =>
        ruleY([value], { stroke: colour, strokeWidth: 1.5, strokeDasharray: '6 4' }),
      ),
      ...curves.flatMap(({ bins, colour }) => curveMarks(bins, colour, y)),
      ...(best === undefined
        ? []
        : bestMarks(best.step, Math.min(best.loss, y[1]), y, title === undefined ? x : undefined)),
    ],
  })
}

/** Where the kept weights come from; named above the frame where `x` is given. */
function bestMarks(step: number, loss: number, y: Interval, x?: Interval): Markish[] {
  const inTheMiddle = x !== undefined && step > x[0] + 0.1 * (x[1] - x[0]) && step < x[1] - 0.1 * (x[1] - x[0])
  const textAnchor = inTheMiddle ? 'middle' : step > 0.5 * (x?.[1] ?? 0) ? 'end' : 'start'
  return [
    ruleX([step], { y1: loss, y2: y[1], stroke: COLOUR.ink, strokeDasharray: '2 3' }),
    dot([loss], { x: [step], y: [loss], r: 4, fill: COLOUR.paper, stroke: COLOUR.ink, strokeWidth: 2 }),
    x && text([`best: step ${numberText(step, 21)}`], { x: [step], y: [y[1]], dy: -9, textAnchor, fill: COLOUR.ink }),
  ]
}
