import { placesFrom, takeColumns } from '../../data/row-columns.js'
import type { Matrix } from '../../data/rows.js'
import type { Flow } from '../../flow/flow.js'

/** Rows between two turns of the calling thread for everything else. */
const TURN_ROWS = 2048
/** By as many it is seen which columns a coordinate of the noise depends on. */
const PROBED_ROWS = 256

/** z = f(x) of rows with their context behind, [rows, dim]. */
export async function noiseOf(
  flow: Flow,
  { data, rows, columns }: Matrix,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { dim } = flow
  const z = new Float64Array(rows * dim)
  for (let first = 0; first < rows; first += TURN_ROWS) {
    await new Promise((resolve) => setImmediate(resolve))
    signal?.throwIfAborted()
    const block = data.subarray(first * columns, (first + TURN_ROWS) * columns)
    z.set(forward(flow, block, columns), first * dim)
  }
  return z
}

/**
 * Whether zⱼ rises (1) or falls (−1) with column j, of a flow whose every zⱼ depends on columns up to j alone; undefined of
 * one that is not triangular so. Seen by what changes in z, to the last bit, when a column of some rows does.
 */
export function triangularSigns(flow: Flow, { data, rows, columns }: Matrix): Float64Array | undefined {
  const { dim } = flow
  const signs = new Float64Array(dim).fill(1)
  if (dim === 1 && rows < 2) return signs
  const some = data.subarray(0, Math.min(rows, PROBED_ROWS) * columns)
  const before = forward(flow, some, columns)
  for (let k = dim - 1; k >= 0; k--) {
    const changed = Float64Array.from(some)
    // Values of other rows, so that each is one that may be.
    for (let at = k; at < some.length; at += columns) changed[at] = some[(at + columns) % some.length]
    const after = forward(flow, changed, columns)
    let rise = 0
    for (let i = 0; i < some.length / columns; i++) {
      for (let j = 0; j < k; j++) if (after[i * dim + j] !== before[i * dim + j]) return undefined
      rise += (after[i * dim + k] - before[i * dim + k]) * (changed[i * columns + k] - some[i * columns + k])
    }
    if (rise < 0) signs[k] = -1
  }
  return signs
}

function forward(flow: Flow, block: Matrix['data'], columns: number): Float32Array | Float64Array {
  const { dim } = flow
  const count = block.length / columns
  const part = (from: number, to: number) =>
    takeColumns(block, columns, placesFrom(from, to), new Float64Array(count * (to - from)))
  return flow.forward(part(0, dim), columns > dim ? { context: part(dim, columns) } : {}).z.data
}
