import type { Model } from '../flow/ensemble.js'

/** Rows drawn to see where a column lies. */
const DRAWN = 4096
const SEED = 0

/**
 * Where to look for a column first: edges between which samples of the model have it equally often, ascending. `contexts`
 * [any, contextDim] are what the samples are given, in turn.
 */
export function firstEdges(model: Model, column: number, contexts: Float64Array, intervals: number): Float64Array {
  const { dim, contextDim } = model
  const context = Float64Array.from({ length: DRAWN * contextDim }, (_, at) => contexts[at % contexts.length])
  const { data } = model.sample(DRAWN, { seed: SEED, ...(contextDim > 0 && { context }) })
  const values = Float64Array.from({ length: DRAWN }, (_, i) => data[i * dim + column]).sort()
  const edges = Float64Array.from(
    { length: intervals + 1 },
    (_, k) => values[Math.round((k / intervals) * (DRAWN - 1))],
  )
  const rising = edges.filter((value, k) => k === 0 || value > edges[k - 1])
  if (rising.length > 1) return rising
  const reach = Math.max(Math.abs(rising[0]) * 1e-6, 1e-6)
  return Float64Array.of(rising[0] - reach, rising[0] + reach)
}
