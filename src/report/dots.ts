import type { RenderFunction } from '@observablehq/plot'
import { positions } from './position.js'

export interface DotOptions {
  /** Diameter in px. */
  readonly size: number
  /** One colour for all, or one for each group. */
  readonly colours: readonly string[]
  /** Group of each point; default all 0. */
  readonly groups?: ArrayLike<number>
  readonly opacity?: number
}

const SVG = 'http://www.w3.org/2000/svg'

/**
 * A mark for thousands of points: one path a colour, whose zero-length strokes with round caps are the dots. A point
 * takes about 12 bytes that way, a circle element five times as many. Points outside the plotting area are left out.
 */
export function dots(x: ArrayLike<number>, y: ArrayLike<number>, options: DotOptions): RenderFunction {
  return (_index, scales, _values, dimensions, { document }) => {
    const { width, height, marginLeft, marginTop, marginRight, marginBottom } = dimensions
    const { toX, toY } = positions(scales)
    const paths = dotPaths(
      Float64Array.from(x, toX),
      Float64Array.from(y, toY),
      options,
      (px, py) => px >= marginLeft && px <= width - marginRight && py >= marginTop && py <= height - marginBottom,
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
      group.append(path)
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

/** A tenth of a px is finer than a screen; shorter numbers make smaller files. */
function px(value: number): string {
  return String(Math.round(value * 10) / 10)
}
