import type { Matrix } from '../data/rows.js'
import { STANDARDISED_BOUND } from '../data/scaler.js'
import type { Flow } from '../flow/flow.js'

/** Rows that go there and back at a time; between two blocks the calling thread has a turn for everything else. */
const BLOCK_ROWS = 65_536

/**
 * max |x − f⁻¹(f(x))| over rows [rows, dim] in standardised units, at best some rounding of float32. Rows beyond the
 * bound within which a flow computes have no image and do not count.
 */
export async function worstRoundTrip(flow: Flow, { data, rows, columns }: Matrix): Promise<number> {
  let worst = 0
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    await new Promise((resolve) => setImmediate(resolve))
    const block = data.subarray(first * columns, (first + BLOCK_ROWS) * columns)
    worst = Math.max(worst, worstOf(flow, new Float64Array(block)))
  }
  return worst
}

function worstOf(flow: Flow, x: Float64Array): number {
  const { dim } = flow
  const { mean, sd } = flow.scaler
  const back = flow.inverse(flow.forward(x).z).x.data
  let worst = 0
  for (let from = 0; from < x.length; from += dim) {
    let inside = true
    let error = 0
    for (let j = 0; j < dim; j++) {
      inside &&= Math.abs((x[from + j] - mean[j]) / sd[j]) <= STANDARDISED_BOUND
      error = Math.max(error, Math.abs((x[from + j] - back[from + j]) / sd[j]))
    }
    if (inside) worst = Math.max(worst, error)
  }
  return worst
}
