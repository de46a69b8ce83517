import { line } from '@observablehq/plot'
import { arrange } from './arrange.js'
import type { TickMaker } from './axis-ticks.js'
import { figure, MARGIN } from './figure.js'
import { histogram } from './histogram.js'
import { bars, binCount } from './histogram-marks.js'
import type { Interval } from './interval.js'
import { panel } from './panel.js'
import { COLOUR } from './theme.js'

/** A density on a line and values that should follow it. */
export interface DensityCurve {
  readonly name: string
  /** Beneath the axis. */
  readonly label: string
  readonly domain: Interval
  /** What is written at the axis; default round numbers. */
  readonly ticks?: TickMaker
  /** Of the histogram; default as many as fit the values. */
  readonly bins?: number
  /** p at each of the points. */
  density(points: Float64Array): ArrayLike<number>
  readonly values: ArrayLike<number>
}

/** The densities of a picture, and what is written over them. */
export interface CurvesOptions {
  readonly title: string
  readonly subtitle: string
  /** What the bars are. */
  readonly values: string
  readonly curves: readonly DensityCurve[]
}

const SIZE = { width: 420, height: 260 }
const GAP = 24
/** Two points a px: a jump of the density looks like one. */
const POINTS = 2 * SIZE.width

/** One-dimensional densities beside each other on one vertical scale, each over a histogram. */
export function curvesPicture({ title, subtitle, values, curves }: CurvesOptions): string {
  const parts = curves.map((curve) => {
    const [low, high] = curve.domain
    const x = Float64Array.from({ length: POINTS }, (_, i) => low + ((i + 0.5) / POINTS) * (high - low))
    const y = Float64Array.from(curve.density(x))
    return { curve, x, y, binned: histogram(curve.values, curve.domain, curve.bins ?? binCount(curve.values.length)) }
  })
  const heights = parts.flatMap(({ y, binned }) => [...y, ...binned.heights]).filter(Number.isFinite)
  const highest = heights.reduce((most, height) => Math.max(most, height), 0) || 1
  const panels = parts.map(({ curve: { name, label, domain, ticks }, x, y, binned }) =>
    panel({
      ...SIZE,
      title: name,
      x: { domain, label, ticks },
      y: { domain: [0, highest * 1.08], label: 'density' },
      marks: [
        bars(binned),
        line(x, { x, y: y.map((p) => Math.min(p, highest * 1.08)), stroke: COLOUR.model, strokeWidth: 2.2 }),
      ],
    }),
  )
  const arranged = arrange(panels, { gap: GAP })
  return figure({
    title,
    subtitle,
    keys: [
      { text: values, colour: COLOUR.dataFill, shape: 'bar' },
      { text: 'density', colour: COLOUR.model, shape: 'line' },
    ],
    width: 2 * MARGIN + arranged.width,
    height: arranged.height,
    draw: (top) => arranged.place(MARGIN, top),
  })
}
