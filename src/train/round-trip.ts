import { placesFrom, takeColumns } from '../data/row-columns.js'
import type { RowSource } from '../data/row-source.js'
import { RowTransform } from '../data/row-transform.js'
import { type Model, membersOf } from '../flow/ensemble.js'
import { Evaluator, type Reals } from '../flow/evaluator.js'
import type { Flow } from '../flow/flow.js'
import { resolveKernels } from '../kernels/create.js'

/** Chunks of an evaluator between two turns of the calling thread for everything else. */
const CHUNKS_A_TURN = 32

/**
 * max |x − f⁻¹(f(x))| over all rows, which have their context behind, in standardised units, at best some rounding of
 * float32; of an ensemble the worst of its members'. Rows beyond the bound within which a flow computes have no image and do not count.
 */
export async function worstRoundTrip(model: Model, source: RowSource): Promise<number> {
  let worst = 0
  for (const member of membersOf(model)) worst = Math.max(worst, await worstOfFlow(member, source))
  return worst
}

async function worstOfFlow(flow: Flow, source: RowSource): Promise<number> {
  const { structure, scaler, numbers, kernels, dim } = flow
  const { width } = structure
  const givenPlaces = placesFrom(dim, width)
  const evaluator = new Evaluator(structure, resolveKernels(kernels, structure.description.precision))
  evaluator.setNumbers(numbers as Reals)
  evaluator.setScaler(scaler)
  const context = new Float64Array(evaluator.chunkRows * givenPlaces.length)
  const transform = new RowTransform(scaler, dim)
  let worst = 0
  let chunk = 0
  for await (const block of source.blocks(evaluator.chunkRows)) {
    if (chunk++ % CHUNKS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve))
    const rows = block.length / width
    evaluator.loadRows(block)
    evaluator.forward(rows)
    if (width > dim) evaluator.loadContext(takeColumns(block, width, givenPlaces, context))
    evaluator.inverse(rows)
    worst = Math.max(worst, worstOf(flow, transform, block, evaluator.rows))
  }
  return worst
}

/** The largest |z − back| of rows within the bound, z what the flow's scaler makes of x. */
function worstOf(
  { structure: { dim, width } }: Flow,
  transform: RowTransform,
  x: Float32Array | Float64Array,
  back: Reals,
): number {
  const z = new Float64Array(x.length)
  const outside = new Set(transform.forward(x, z))
  let worst = 0
  for (let i = 0; i < x.length / width; i++) {
    if (outside.has(i)) continue
    for (let j = 0; j < dim; j++) worst = Math.max(worst, Math.abs(z[i * width + j] - back[i * dim + j]))
  }
  return worst
}
