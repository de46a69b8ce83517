import { joined } from '../flow/context.js'
import { type Model, membersOf } from '../flow/ensemble.js'
import type { ParallelOptions } from '../parallel/chunks.js'
import { densityRoom, logProbTo } from '../parallel/evaluate.js'
import { firstEdges } from './first-edges.js'
import { NodeDensity, TOLERANCE } from './node-density.js'

export type Parallel = Pick<ParallelOptions, 'threads' | 'signal'>

/** Rounds of more places, at most. */
const ROUNDS = 60

/** How closely a density is looked at. */
export interface Closeness {
  /** Intervals that it is looked at in first, of equal shares of what the model draws. */
  readonly intervals: number
  /** What of the mass may be missing. */
  readonly tolerance: number
}

/** For figures. */
export const FINE: Closeness = { intervals: 96, tolerance: TOLERANCE }
/** For a draw: a hundredth of the mass may go elsewhere. */
export const COARSE: Closeness = { intervals: 16, tolerance: 1e-2 }

/** p(y | rest) of one modelled column, of rows [rows, dim + contextDim]. */
export class Conditionals {
  readonly #model: Model
  readonly #column: number
  readonly #columns: number
  readonly #contexts: Float64Array
  readonly #closeness: Closeness
  #edges: Float64Array | undefined

  /** `contexts` [any, contextDim] are such as rows are given: y is looked for first where the model draws it for them. */
  constructor(model: Model, column: number, contexts: Float64Array, closeness = FINE) {
    this.#model = model
    this.#column = column
    this.#columns = model.dim + model.contextDim
    this.#contexts = contexts
    this.#closeness = closeness
  }

  /** The density of y in each row, whatever y is there. */
  async densities(block: Float32Array | Float64Array, parallel: Parallel): Promise<NodeDensity[]> {
    if (block.length === 0) return []
    const { intervals, tolerance } = this.#closeness
    this.#edges ??= firstEdges(this.#model, this.#column, this.#contexts, intervals)
    const edges = this.#edges
    const { low, high } = membersOf(this.#model)[0].scaler.supports?.[this.#column] ?? {}
    const nodes = Array.from(
      { length: block.length / this.#columns },
      () => new NodeDensity(edges, low, high, tolerance),
    )
    for (let round = 0; round < ROUNDS; round++) {
      const wanted = nodes.map((density) => density.wanted())
      if (wanted.every(({ length }) => length === 0)) break
      const values = await this.logProb(block, wanted, parallel)
      for (const [i, density] of nodes.entries()) if (wanted[i].length > 0) density.take(values[i])
    }
    return nodes
  }

  /** ln p of each row with y in turn each of the values that stand for it. */
  async logProb(
    block: Float32Array | Float64Array,
    y: readonly Float64Array[],
    parallel: Parallel,
  ): Promise<Float64Array[]> {
    const columns = this.#columns
    const rows = y.reduce((sum, { length }) => sum + length, 0)
    const data = new Float64Array(rows * columns)
    let at = 0
    for (const [i, values] of y.entries()) {
      for (const value of values) {
        data.set(block.subarray(i * columns, (i + 1) * columns), at)
        data[at + this.#column] = value
        at += columns
      }
    }
    const out = densityRoom(this.#model, rows)
    if (rows > 0) await logProbTo(this.#model, joined({ data, rows, columns }), out, parallel)
    let first = 0
    return y.map(({ length }) => {
      first += length
      return Float64Array.from(out.subarray(first - length, first))
    })
  }
}
