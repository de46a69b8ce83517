import { placesFrom, takeColumns } from '../data/row-columns.js'
import type { RowSource } from '../data/row-source.js'
import { STANDARDISED_BOUND } from '../data/scaler.js'
import { Evaluator, type Reals } from '../flow/evaluator.js'
import type { Flow } from '../flow/flow.js'
import { resolveKernels } from '../kernels/create.js'

/** Chunks of an evaluator between two turns of the calling thread for everything else. */
const CHUNKS_A_TURN = 32

/**
 * max |x − f⁻¹(f(x))| over all rows, which have their context behind, in standardised units, at best some rounding of
 * float32. Rows beyond the bound within which a flow computes have no image and do not count.
 */
export async function worstRoundTrip(flow: Flow, source: RowSource): Promise<number> {
  const { structure, scaler, numbers, kernels, dim } = flow
  const { width } = structure
  const givenPlaces = placesFrom(dim, width)
  const evaluator = new Evaluator(structure, resolveKernels(kernels, structure.description.precision))
  evaluator.setNumbers(numbers as Reals)
  evaluator.setScaler(scaler)
  const context = new Float64Array(evaluator.chunkRows * givenPlaces.length)
  let worst = 0
  let chunk = 0
  for await (const block of source.blocks(evaluator.chunkRows)) {
    if (chunk++ % CHUNKS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve))
    const rows = block.length / width
    evaluator.loadRows(block)
    evaluator.forward(rows)
    if (width > dim) evaluator.loadContext(takeColumns(block, width, givenPlaces, context))
    evaluator.inverse(rows)
    worst = Math.max(worst, worstOf(flow, block, evaluator.rows))
  }
  return worst
}

/** The largest |(x − mean)/sd − back| of rows within the bound. */
function worstOf({ structure, scaler: { mean, sd } }: Flow, x: ArrayLike<number>, back: Reals): number {
  const { dim, width } = structure
  let worst = 0
  for (let from = 0, to = 0; from < x.length; from += width, to += dim) {
    let inside = true
    let error = 0
    for (let j = 0; j < width; j++) {
      const z = (x[from + j] - mean[j]) / sd[j]
      inside &&= Math.abs(z) <= STANDARDISED_BOUND
      if (j < dim) error = Math.max(error, Math.abs(z - back[to + j]))
    }
    if (inside) worst = Math.max(worst, error)
  }
  return worst
}
