import type { RowSource } from '../data/row-source.js'
import { STANDARDISED_BOUND } from '../data/scaler.js'
import { Evaluator, type Reals } from '../flow/evaluator.js'
import type { Flow } from '../flow/flow.js'
import { resolveKernels } from '../kernels/create.js'

/** Chunks of an evaluator between two turns of the calling thread for everything else. */
const CHUNKS_A_TURN = 32

/**
 * max |x − f⁻¹(f(x))| over all rows in standardised units, at best some rounding of float32. Rows beyond the
 * bound within which a flow computes have no image and do not count.
 */
export async function worstRoundTrip(flow: Flow, source: RowSource): Promise<number> {
  const { structure, scaler, numbers, kernels, dim } = flow
  const evaluator = new Evaluator(structure, resolveKernels(kernels, structure.description.precision))
  evaluator.setNumbers(numbers as Reals)
  evaluator.setScaler(scaler)
  let worst = 0
  let chunk = 0
  for await (const block of source.blocks(evaluator.chunkRows)) {
    if (chunk++ % CHUNKS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve))
    evaluator.loadRows(block)
    evaluator.forward(block.length / dim)
    evaluator.inverse(block.length / dim)
    worst = Math.max(worst, worstOf(flow, block, evaluator.rows))
  }
  return worst
}

/** The largest |(x − mean)/sd − back| of rows within the bound. */
function worstOf({ dim, scaler: { mean, sd } }: Flow, x: ArrayLike<number>, back: Reals): number {
  let worst = 0
  for (let from = 0; from < x.length; from += dim) {
    let inside = true
    let error = 0
    for (let j = 0; j < dim; j++) {
      const z = (x[from + j] - mean[j]) / sd[j]
      inside &&= Math.abs(z) <= STANDARDISED_BOUND
      error = Math.max(error, Math.abs(z - back[from + j]))
    }
    if (inside) worst = Math.max(worst, error)
  }
  return worst
}
