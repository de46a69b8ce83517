import { line, type Markish, rectY } from '@observablehq/plot'
import { type Histogram, histogram } from './histogram.js'
import type { Interval } from './interval.js'
import { COLOUR } from './theme.js'

/** Few bins for few values, so that a bin holds some of them. */
export function binCount(values: number): number {
  return Math.max(8, Math.min(40, Math.round(1.5 * Math.sqrt(values))))
}

/** A histogram as bars in the colour of data. */
export function bars({ edges, heights }: Histogram): Markish {
  return rectY(heights, {
    x1: edges.slice(0, -1),
    x2: edges.slice(1),
    y: heights,
    fill: COLOUR.dataFill,
    shapeRendering: 'crispEdges',
  })
}

/** Bars for the data, an outline for the samples, on common bins. */
export function histograms(
  data: Float64Array,
  samples: Float64Array,
  { domain, bins }: { readonly domain: Interval; readonly bins: number },
): { marks: Markish[]; highest: number } {
  const given = histogram(data, domain, bins)
  const drawn = histogram(samples, domain, bins)
  const highest = Math.max(...given.heights, ...drawn.heights) || 1
  const outline = { x: [...drawn.edges], y: [...drawn.heights, drawn.heights[bins - 1]] }
  return {
    marks: [bars(given), line(outline.x, { ...outline, curve: 'step-after', stroke: COLOUR.model, strokeWidth: 2 })],
    highest,
  }
}
