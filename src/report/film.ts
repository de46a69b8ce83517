import type { Flow } from '../flow/flow.js'
import { type Cloud, cloudsToData, groupsByHeight } from './clouds.js'
import { dotPaths } from './dots.js'
import { figure, MARGIN } from './figure.js'
import { linear } from './interval.js'
import { px } from './position.js'
import { escapeXml } from './text.js'
import { COLOUR, SEQUENCE, TEXT } from './theme.js'
import { animate, keyframes, type Timeline, timeline } from './timeline.js'
import { squareWindows, type Window } from './windows.js'

const SIDE = 560
const DOT = 3.8
/** Points times clouds: what keeps the file under 1.5 MB. */
const MOST_POINTS = 90_000
const POINTS = { least: 100, most: 700 }
/** Room above the stage: the layer's name and the time. */
const HEAD = 44

/** Where the stage lies in the picture. */
interface Stage {
  readonly left: number
  readonly top: number
}

/**
 * The film: a normal sample turns into data, layer by layer, over and over. One SVG, animated by SMIL, without script;
 * whoever prefers reduced motion sees the last frame.
 */
export function film(flow: Flow, seed = 0): string {
  const clouds = flow.structure.layers.length + 1
  const points = Math.max(POINTS.least, Math.min(POINTS.most, Math.floor(MOST_POINTS / clouds)))
  return filmOf(cloudsToData(flow, points, seed), flow.dim)
}

/** A film of clouds of as many points each, from the first to the last; the view follows the cloud. */
export function filmOf(clouds: readonly Cloud[], dim: number): string {
  const { windows } = squareWindows(clouds)
  const times = timeline(clouds.length)
  return figure({
    title: 'From noise to data',
    subtitle: `A normal sample on its way through the layers. Colours follow each point by its height at the start; grey lines mark 0; the view keeps the cloud in its middle.${dim > 2 ? ` Coordinates 1 and 2 of ${dim}.` : ''}`,
    width: SIDE + 2 * MARGIN,
    height: HEAD + SIDE,
    style: '.still{display:none}@media (prefers-reduced-motion:reduce){.still{display:inline}.moving{display:none}}',
    draw(top) {
      const stage = { left: MARGIN, top: top + HEAD }
      return [
        captions(clouds, times, stage),
        timeBar(times, stage),
        `<clipPath id="stage"><rect x="${stage.left}" y="${px(stage.top)}" width="${SIDE}" height="${SIDE}"/></clipPath>`,
        '<g clip-path="url(#stage)" fill="none">',
        zeroLines(windows, times, stage),
        movingDots(clouds, windows, times, stage),
        unitBar(windows, times, stage),
        '</g>',
        `<rect x="${stage.left}" y="${px(stage.top)}" width="${SIDE}" height="${SIDE}" fill="none" stroke="${COLOUR.muted}"/>`,
      ].join('\n')
    },
  })
}

/** From a window to the stage; what lies far outside is brought nearer, where it is just as invisible. */
function toStage({ x, y }: Window, { left, top }: Stage) {
  const near = (value: number, from: number) =>
    Math.min(from + 2 * SIDE, Math.max(from - SIDE, Number.isNaN(value) ? from - SIDE : value))
  const [toX, toY] = [linear(x, left, left + SIDE), linear(y, top + SIDE, top)]
  return { toX: (value: number) => near(toX(value), left), toY: (value: number) => near(toY(value), top) }
}

function movingDots(clouds: readonly Cloud[], windows: readonly Window[], times: Timeline, stage: Stage): string {
  const groups = groupsByHeight(clouds[0], SEQUENCE.length)
  const frames = clouds.map(({ x, y }, i) => {
    const { toX, toY } = toStage(windows[i], stage)
    return dotPaths(x.map(toX), y.map(toY), { colours: SEQUENCE, groups })
  })
  const paths = SEQUENCE.map((colour, c) => {
    const own = frames.map((frame) => frame[c])
    return own[0] === '' ? '' : moving(own, times, `stroke="${colour}"`)
  })
  return `<g stroke-linecap="round" stroke-width="${DOT}" stroke-opacity="0.85">${paths.join('\n')}</g>`
}

/** A path that takes one shape a cloud, and for reduced motion the last of them. */
function moving(shapes: readonly string[], times: Timeline, attributes: string): string {
  const last = shapes[shapes.length - 1]
  return `<path class="moving" ${attributes} d="${shapes[0]}">${animate('d', shapes, times)}</path><path class="still" ${attributes} d="${last}"/>`
}

function zeroLines(windows: readonly Window[], times: Timeline, stage: Stage): string {
  const shapes = windows.map((window) => {
    const { toX, toY } = toStage(window, stage)
    return `M${px(toX(0))},${px(stage.top)}v${SIDE}M${stage.left},${px(toY(0))}h${SIDE}`
  })
  return moving(shapes, times, `stroke="${COLOUR.muted}" stroke-opacity="0.5"`)
}

/** A bar of one length in standardised units, in the lower left corner. */
function unitBar(windows: readonly Window[], times: Timeline, { left, top }: Stage): string {
  const sides = windows.map(({ x: [low, high] }) => high - low)
  const unit = 10 ** Math.floor(Math.log10(0.4 * Math.min(...sides)))
  const y = px(top + SIDE - 14)
  const shapes = sides.map((side) => `M${left + 14},${y}h${px((unit / side) * SIDE)}`)
  const label = `${unit.toLocaleString('en-US', { maximumSignificantDigits: 1 })} standardised ${unit === 1 ? 'unit' : 'units'}`
  return `${moving(shapes, times, `stroke="${COLOUR.ink}" stroke-width="2"`)}<text x="${left + 14}" y="${px(top + SIDE - 21)}" font-size="${TEXT.label}" fill="${COLOUR.ink}">${label}</text>`
}

/** The name of the layer at work, from the moment the points leave the cloud before. */
function captions(clouds: readonly Cloud[], times: Timeline, { left, top }: Stage): string {
  const text = (name: string, attributes: string, animation: string) =>
    `<text x="${left}" y="${px(top - 22)}" font-size="${TEXT.title - 2}" font-weight="600" ${attributes}>${escapeXml(name)}${animation}</text>`
  const { left: leaves } = times
  const moving = clouds.map(({ name }, i) => {
    const from = i === 0 ? 0 : leaves[i - 1]
    const to = i === clouds.length - 1 ? 1 : leaves[i]
    // Visibility, since an animated `display` would overrule the style for reduced motion.
    const shown = keyframes([
      ...(from > 0 ? [{ at: 0, value: 'hidden' }] : []),
      { at: from, value: 'visible' },
      ...(to < 1 ? [{ at: to, value: 'hidden' }] : []),
    ])
    const animation = `<animate attributeName="visibility" dur="${times.seconds}s" repeatCount="indefinite" calcMode="discrete" ${shown}/>`
    // Without animation only the first name is there.
    return text(name, i === 0 ? 'class="moving"' : 'class="moving" visibility="hidden"', animation)
  })
  return [...moving, text(clouds[clouds.length - 1].name, 'class="still"', '')].join('\n')
}

/** A line that fills as the film goes on, with a mark where each cloud is reached. */
function timeBar({ seconds, reached, left: leaves }: Timeline, { left, top }: Stage): string {
  const y = px(top - 10)
  const marks = [leaves[0], ...reached.slice(1)].map((share) => `M${px(left + share * SIDE)},${px(top - 13)}v6`)
  return `<path d="M${left},${y}h${SIDE}${marks.join('')}" stroke="${COLOUR.faint}" stroke-width="2" fill="none"/><path class="moving" d="M${left},${y}h0" stroke="${COLOUR.muted}" stroke-width="2"><animate attributeName="d" dur="${seconds}s" repeatCount="indefinite" values="M${left},${y}h0;M${left},${y}h${SIDE}"/></path>`
}
