import { blockRowsOf, type RowBlock, type RowSource } from './row-source.js'
import type { Matrix } from './rows.js'

/** Rows that are looked at one by one, at most: quantiles of as many are off by less than 1/300 of a sd. */
const SAMPLE_ROWS = 100_000
/** And numbers, 128 MiB of them, where columns are many; but never fewer rows than make a quantile. */
const SAMPLE_NUMBERS = 2 ** 24
const LEAST_ROWS = 4096

/**
 * All rows or, of more than 100 000, as many evenly spaced ones: the same for the same rows. With weights, as many of which
 * each is there in proportion to its own.
 */
export async function sampleRows(source: RowSource, weights?: Float64Array): Promise<Matrix & { data: Float64Array }> {
  const { rows: total, columns } = source
  const most = Math.max(LEAST_ROWS, Math.floor(SAMPLE_NUMBERS / columns))
  return evenRows(source, Math.min(total, SAMPLE_ROWS, most), weights)
}

/** So many evenly spaced rows, [rows, columns]; with weights, evenly spaced in their running sum. */
export async function evenRows(
  source: RowSource,
  rows: number,
  weights?: Float64Array,
): Promise<Matrix & { data: Float64Array }> {
  const { rows: total, columns } = source
  const data = new Float64Array(rows * columns)
  const weigh = weights && weighing(weights, rows, columns)
  let first = 0
  let taken = 0
  for await (const block of source.blocks(blockRowsOf(columns))) {
    taken = weigh ? weigh(block, first, data) : takeEvenly(block, columns, first, total / rows, data, taken)
    first += block.length / columns
    if (taken === rows) break
  }
  return { data, rows, columns }
}

/** Rows 0, step, 2 step, … that are in the block of rows from `first` on, behind those taken; how many are taken now. */
function takeEvenly(
  block: RowBlock,
  columns: number,
  first: number,
  step: number,
  target: Float64Array,
  taken: number,
): number {
  const end = first + block.length / columns
  let count = taken
  for (let row = Math.floor(count * step); row < end && count * columns < target.length; ) {
    for (let j = 0; j < columns; j++) target[count * columns + j] = block[(row - first) * columns + j]
    count++
    row = Math.floor(count * step)
  }
  return count
}

/** The same of rows with weights: where their sum runs through 0, step, 2 step, …, a row may be there several times. */
function weighing(weights: Float64Array, count: number, columns: number) {
  const step = weights.reduce((sum, weight) => sum + weight, 0) / count
  let taken = 0
  let sum = 0
  return (block: RowBlock, first: number, target: Float64Array): number => {
    for (let i = 0; i < block.length / columns; i++) {
      sum += weights[first + i]
      for (; taken < count && taken * step < sum; taken++) {
        for (let j = 0; j < columns; j++) target[taken * columns + j] = block[i * columns + j]
      }
    }
    return taken
  }
}

/** Column j, ascending. */
export function sortedColumn({ data, columns, rows }: Matrix, j: number): Float64Array {
  const values = new Float64Array(rows)
  for (let i = 0; i < rows; i++) values[i] = data[i * columns + j]
  return values.sort()
}

/** "Column "f"", or "Column 3" counted from 0; "Context column 0" of those from `dim` on. */
export function columnTitle(j: number, names: readonly string[] | undefined, dim: number): string {
  const name = names?.[j]
  if (name !== undefined) return `Column ${JSON.stringify(name)}`
  return j < dim ? `Column ${j}` : `Context column ${j - dim}`
}
