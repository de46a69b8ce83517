import { line, type Markish, ruleX, ruleY, text } from '@observablehq/plot'
import { arrange } from './arrange.js'
import { dots } from './dots.js'
import { figure, MARGIN } from './figure.js'
import type { Interval } from './interval.js'
import { panel } from './panel.js'
import { numberText } from './text.js'
import { COLOUR, SEQUENCE } from './theme.js'

const SIDE = 320
/** The grid before: lines at −2, −1.5, …, 2 in both directions. */
const GRID = { reach: 2, step: 0.5 }
/** The panels hold the grid and a line of text above and below. */
const ROOM = 1.2

/** The effect of one leaky ReLU of slope α alone: a regular grid of points and lines before and after. */
export function leakyReluPicture(alpha: number, name = 'Leaky ReLU'): string {
  const bend = (value: number) => (value > 0 ? value : alpha * value)
  const reach = GRID.reach * Math.max(1, alpha) * ROOM
  const domain: Interval = [-reach, reach]
  const before = gridPanel('before', domain, (value) => value, [])
  const after = gridPanel('after', domain, bend, logDets(alpha, reach))
  const arranged = arrange([before, after], { gap: 24 })
  return figure({
    title: `The effect of one leaky ReLU, slope α = ${numberText(alpha)}`,
    subtitle: `${name}. Coordinates above 0 stay, the others are multiplied by α, and each of them adds ln α = ${numberText(Math.log(alpha), 3)} nats to the log-determinant.`,
    width: 2 * MARGIN + arranged.width,
    height: arranged.height,
    draw: (top) => arranged.place(MARGIN, top),
  })
}

function gridPanel(title: string, domain: Interval, map: (value: number) => number, more: readonly Markish[]) {
  const count = (2 * GRID.reach) / GRID.step + 1
  const at = Array.from({ length: count }, (_, i) => -GRID.reach + i * GRID.step)
  const ends = [-GRID.reach, 0, GRID.reach].map(map)
  const points = at.flatMap((x) => at.map((y) => ({ x, y })))
  const lines = at.flatMap((value) => {
    const fixed = ends.map(() => map(value))
    return [line(ends, { x: fixed, y: ends, ...thin }), line(ends, { x: ends, y: fixed, ...thin })]
  })
  return panel({
    width: SIDE,
    height: SIDE,
    title,
    x: { domain, label: 'coordinate 1' },
    y: { domain, label: 'coordinate 2' },
    marks: [
      ...lines,
      ruleX([0], { stroke: COLOUR.ink }),
      ruleY([0], { stroke: COLOUR.ink }),
      dots(
        points.map(({ x }) => map(x)),
        points.map(({ y }) => map(y)),
        {
          size: 5,
          colours: [0, 2, 4, 6].map((i) => SEQUENCE[i]),
          groups: points.map(({ x, y }) => (x > 0 ? 2 : 0) + (y > 0 ? 1 : 0)),
        },
      ),
      ...more,
    ],
  })
}

const thin = { stroke: COLOUR.muted, strokeWidth: 0.8, strokeOpacity: 0.7 }

/** What each quadrant adds to the log-density, written above and below the grid. */
function logDets(alpha: number, reach: number): Markish[] {
  const height = { 1: GRID.reach, [-1]: -GRID.reach * alpha }
  return (
    [
      [1, 1, 0],
      [-1, 1, 1],
      [1, -1, 1],
      [-1, -1, 2],
    ] as const
  ).map(([x, y, below]) =>
    text([`ln|det| = ${numberText(below * Math.log(alpha), 3)}`], {
      x: [(x * reach) / 2],
      y: [height[y]],
      dy: -14 * y,
      fill: COLOUR.ink,
      fontWeight: 600,
    }),
  )
}
