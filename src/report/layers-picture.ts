import { ruleX, ruleY } from '@observablehq/plot'
import type { Matrix } from '../data/rows.js'
import type { Flow } from '../flow/flow.js'
import { arrange } from './arrange.js'
import { type Cloud, cloudsToData, cloudsToNoise, groupsByHeight } from './clouds.js'
import { thinRows } from './columns.js'
import { dots } from './dots.js'
import { figure, MARGIN } from './figure.js'
import { panel } from './panel.js'
import { COLOUR, SEQUENCE } from './theme.js'
import { squareWindows, type Window } from './windows.js'

/** The least width is room for the longest usual title. */
const PANEL = { side: 168, across: 5, gap: 8, leastWidth: 200 }
/** Points in all panels together: what keeps the file small. */
const MOST_POINTS = 40_000
const POINTS_PER_PANEL = 1000
/** A deeper flow shows every second, third, … layer. */
const MOST_PANELS = 60

/** The effect of every layer on the data [rows, dim ≥ 2], data → noise: one panel a layer, named by it. */
export function dataToNoisePicture(flow: Flow, data: Matrix): string {
  const clouds = cloudsToNoise(flow, thinRows(data, pointsPerPanel(flow)))
  return layersPicture(clouds, 'From data to noise, layer by layer', flow.dim)
}

/** The effect of every layer on a normal sample, noise → data: one panel a layer, named by it. */
export function noiseToDataPicture(flow: Flow, seed = 0): string {
  const clouds = cloudsToData(flow, pointsPerPanel(flow), seed)
  return layersPicture(clouds, 'From noise to data, layer by layer', flow.dim)
}

/** One panel a cloud; for more than two dimensions the clouds are shadows on two of them, and the subtitle says so. */
export function layersPicture(clouds: readonly Cloud[], title: string, dim: number): string {
  const every = Math.max(1, Math.ceil((clouds.length - 1) / MOST_PANELS))
  const shown = clouds.filter((_, i) => i % every === 0 || i === clouds.length - 1)
  const groups = groupsByHeight(clouds[0], SEQUENCE.length)
  const { windows, oneScale } = squareWindows(shown)
  const panels = shown.map(({ name, x, y }, i) =>
    panel({
      width: PANEL.side,
      height: PANEL.side,
      title: name,
      x: { domain: windows[i].x },
      y: { domain: windows[i].y },
      marks: [
        within(0, windows[i].x) ? ruleX([0], { stroke: COLOUR.muted, strokeOpacity: 0.5 }) : null,
        within(0, windows[i].y) ? ruleY([0], { stroke: COLOUR.muted, strokeOpacity: 0.5 }) : null,
        dots(x, y, { size: 2.4, colours: SEQUENCE, groups }),
      ],
    }),
  )
  const arranged = arrange(panels, { across: PANEL.across, gap: PANEL.gap, leastWidth: PANEL.leastWidth })
  const scale = oneScale ? 'one scale in all panels' : 'each panel at a scale of its own (see its numbers)'
  const outside = shown.reduce((sum, cloud, i) => sum + strays(cloud, windows[i]), 0)
  const strayed =
    outside === 0
      ? ''
      : ` ${outside} ${outside === 1 ? 'point lies outside its panel' : 'points lie outside their panels'}.`
  const shadows = dim > 2 ? ` Coordinates 1 and 2 of ${dim}.` : ''
  const left = every > 1 ? ` Every ${every} layers.` : ''
  return figure({
    title,
    subtitle: `Standardised units, ${scale}; grey lines mark 0. Colours follow each point by its height in the first panel.${strayed}${shadows}${left}`,
    width: Math.max(2 * MARGIN + arranged.width, 560),
    height: arranged.height,
    draw: (top) => arranged.place(MARGIN, top),
  })
}

function pointsPerPanel({ structure }: Flow): number {
  return Math.max(100, Math.min(POINTS_PER_PANEL, Math.floor(MOST_POINTS / (structure.layers.length + 1))))
}

/** How many points of a cloud its panel does not show. */
function strays({ x, y }: Cloud, window: Window): number {
  let count = 0
  for (let i = 0; i < x.length; i++) if (!within(x[i], window.x) || !within(y[i], window.y)) count++
  return count
}

function within(value: number, [low, high]: readonly [number, number]): boolean {
  return value >= low && value <= high
}
