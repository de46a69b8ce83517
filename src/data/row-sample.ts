import { blockRowsOf, type RowBlock, type RowSource } from './row-source.js'
import type { Matrix } from './rows.js'

/** Rows that are looked at one by one, at most: quantiles of as many are off by less than 1/300 of a sd. */
const SAMPLE_ROWS = 100_000
/** And numbers, 128 MiB of them, where columns are many; but never fewer rows than make a quantile. */
const SAMPLE_NUMBERS = 2 ** 24
const LEAST_ROWS = 4096

/** All rows or, of more than 100 000, as many evenly spaced ones: the same for the same rows. */
export async function sampleRows(source: RowSource): Promise<Matrix & { data: Float64Array }> {
  const { rows: total, columns } = source
  return evenRows(source, Math.min(total, SAMPLE_ROWS, Math.max(LEAST_ROWS, Math.floor(SAMPLE_NUMBERS / columns))))
}

/** So many evenly spaced rows, [rows, columns]. */
export async function evenRows(source: RowSource, rows: number): Promise<Matrix & { data: Float64Array }> {
  const { rows: total, columns } = source
  const data = new Float64Array(rows * columns)
  let first = 0
  let taken = 0
  for await (const block of source.blocks(blockRowsOf(columns))) {
    taken = takeEvenly(block, columns, first, total / rows, data, taken)
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
