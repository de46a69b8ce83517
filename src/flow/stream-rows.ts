import type { Matrix } from '../data/rows.js'
import type { Scaler } from '../data/scaler.js'
import { contextPart, type RowParts } from './context.js'
import type { Evaluator, Reals } from './evaluator.js'

/**
 * Passes rows in original units, with their context behind, through an evaluator, a chunk at a time. `outside` lists the rows beyond the bound,
 * counted within the chunk.
 */
export function eachChunk(
  evaluator: Evaluator,
  scaler: Scaler,
  x: RowParts,
  work: (first: number, count: number, outside: readonly number[]) => void,
): void {
  evaluator.setScaler(scaler)
  for (let first = 0; first < x.rows; first += evaluator.chunkRows) {
    const count = Math.min(evaluator.chunkRows, x.rows - first)
    work(first, count, evaluator.loadRows(x.part(first, count)))
  }
}

/** ln p of every row in original units → out [rows]; −∞ beyond the bound. */
export function logProbInto(evaluator: Evaluator, scaler: Scaler, x: RowParts, out: Reals): void {
  eachChunk(evaluator, scaler, x, (first, count, outside) => {
    evaluator.logProb(count)
    evaluator.addScale(count)
    out.set(evaluator.values.subarray(0, count), first)
    for (const t of outside) out[first + t] = Number.NEGATIVE_INFINITY
  })
}

/** Which rows of which sample. */
export interface SampleDraw {
  readonly seed: number
  readonly firstRow: number
  readonly temperature: number
}

/** Rows of a sample in original units → out [rows, dim], as many as fit, each given its context, or the one there is. */
export function sampleInto(
  evaluator: Evaluator,
  scaler: Scaler,
  { seed, firstRow, temperature }: SampleDraw,
  out: Float64Array,
  context?: Matrix,
): void {
  const { dim } = evaluator.structure
  const rows = out.length / dim
  evaluator.setScaler(scaler)
  for (let first = 0; first < rows; first += evaluator.chunkRows) {
    const count = Math.min(evaluator.chunkRows, rows - first)
    if (context) evaluator.loadContext(contextPart(context, first, count))
    evaluator.sample(count, seed, firstRow + first, temperature)
    out.set(evaluator.unloadRows(count), first * dim)
  }
}
