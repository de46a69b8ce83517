import type { RowSet } from '../data/row-set.js'
import { joined } from '../flow/context.js'
import type { Model } from '../flow/ensemble.js'
import { type ParallelOptions, parallelRowsOf } from '../parallel/chunks.js'
import { densityRoom, logProbTo } from '../parallel/evaluate.js'
import type { Part } from './given-rows.js'

/** The rows that a model finds least likely. */
export interface StrangestRows {
  /** What they are to the model. */
  readonly part: 'test' | 'validation' | 'training'
  readonly columns: readonly string[]
  /** The strangest first; a number counts the rows of the data from 0. */
  readonly rows: readonly StrangeRow[]
}

export interface StrangeRow {
  readonly row: number
  /** ln p, nats and the data's own units; null where the density is 0. */
  readonly logProb: number | null
  /** As the table has them; null where one is missing. */
  readonly values: readonly (number | string | null)[]
}

const MOST = 10

/**
 * The ten rows of lowest log-density, in one pass; of rows with weights those that count. `sets` say which of the data the
 * rows are, from the inside out.
 */
export async function strangestRows(
  model: Model,
  { rows: source, weights }: Part,
  sets: readonly RowSet[],
  parallel: ParallelOptions,
): Promise<(StrangeRow & { readonly values: readonly number[] })[]> {
  const { columns } = source
  const blockRows = Math.min(source.rows, parallelRowsOf(columns))
  const room = densityRoom(model, blockRows)
  let top: { row: number; logProb: number; values: number[] }[] = []
  let first = 0
  for await (const block of source.blocks(blockRows)) {
    const rows = block.length / columns
    const logProb = room.subarray(0, rows)
    await logProbTo(model, joined({ data: block, rows, columns }), logProb, parallel)
    const own = Array.from(logProb, (value, i) => ({ row: first + i, logProb: value, at: i }))
      .filter(({ row }) => weights === undefined || weights[row] > 0)
      .sort((a, b) => a.logProb - b.logProb || a.row - b.row)
      .slice(0, MOST)
      .map(({ row, logProb, at }) => ({ row, logProb, values: [...block.subarray(at * columns, (at + 1) * columns)] }))
    top = [...top, ...own].sort((a, b) => a.logProb - b.logProb || a.row - b.row).slice(0, MOST)
    first += rows
  }
  return top.map(({ row, logProb, values }) => ({
    row: sets.reduce((place, set) => set.member(place), row),
    logProb: Number.isFinite(logProb) ? logProb : null,
    values,
  }))
}
