import type { RenderFunction } from '@observablehq/plot'
import { positions, px, SVG } from './position.js'

export interface DotOptions {
  /** Diameter in px. */
  readonly size: number
  /** One colour for all, or one for each group. */
  readonly colours: readonly string[]
  /** Group of each point; default all 0. */
  readonly groups?: ArrayLike<number>
  readonly opacity?: number
}

/**
 * A mark for thousands of points: one path a colour, whose zero-length strokes with round caps are the dots. A point
 * takes about 12 bytes that way, a circle element five times as many. Points outside the plotting area are left out.
 */
export function dots(x: ArrayLike<number>, y: ArrayLike<number>, options: DotOptions): RenderFunction {
  return (_index, scales, _values, dimensions, { document }) => {
    const { width, height, marginLeft, marginTop, marginRight, marginBottom } = dimensions
    const { toX, toY } = positions(scales)
    const paths = dotPaths(
      placed(x, toX),
      placed(y, toY),
      options,
      (atX, atY) => atX >= marginLeft && atX <= width - marginRight && atY >= marginTop && atY <= height - marginBottom,
    )
    const group = document.createElementNS(SVG, 'g')
    group.setAttribute('fill', 'none')
    group.setAttribute('stroke-linecap', 'round')
    group.setAttribute('stroke-width', String(options.size))
    if (options.opacity !== undefined) group.setAttribute('stroke-opacity', String(options.opacity))
    paths.forEach((d, colour) => {
      if (d === '') return
      const path = document.createElementNS(SVG, 'path')
      path.setAttribute('stroke', options.colours[colour])
      path.setAttribute('d', d)
      group.appendChild(path)
    })
    return group
  }
}

/** Path data of each colour's points, in px. */
export function dotPaths(
  x: Float64Array,
  y: Float64Array,
  { colours, groups }: Pick<DotOptions, 'colours' | 'groups'>,
  shown: (x: number, y: number) => boolean = () => true,
): string[] {
  const paths = colours.map(() => '')
  for (let i = 0; i < x.length; i++) {
    if (shown(x[i], y[i])) paths[groups === undefined ? 0 : groups[i]] += `M${px(x[i])},${px(y[i])}h0`
  }
  return paths
}

function placed(values: ArrayLike<number>, to: (value: number) => number): Float64Array {
  const places = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) places[i] = to(values[i])
  return places
}
