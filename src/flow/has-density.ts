import { RowTransform } from '../data/row-transform.js'
import { isBent } from '../data/scaler.js'
import type { Flow } from './flow.js'

/** Where the density is looked at, in standard deviations from the middle. */
const PLACES = [0, -1, 1]

/**
 * Whether the density of a flow is a number (0 counts) in the middle of its data and a standard deviation beside it: finite
 * parameters can be such that it is none, which no row would tell but by NaN.
 */
export function hasDensity(flow: Flow): boolean {
  const { dim, contextDim, scaler } = flow
  const { mean, sd } = scaler
  const rows = PLACES.map((place) => mean.map((value, j) => value + place * sd[j]))
  if (isBent(scaler)) {
    const points = new Float64Array(PLACES.length * dim)
    new RowTransform(scaler, dim).inverse(
      Float64Array.from(PLACES.flatMap((place) => new Array(dim).fill(place))),
      points,
    )
    for (const [i, row] of rows.entries()) row.set(points.subarray(i * dim, (i + 1) * dim))
  }
  const inside = rows.filter((row) => row.every(Number.isFinite))
  if (inside.length === 0) return true
  const x = inside.map((row) => [...row.subarray(0, dim)])
  const given = contextDim > 0 ? { context: inside.map((row) => [...row.subarray(dim)]) } : {}
  return !flow.logProb(x, given).some(Number.isNaN)
}
