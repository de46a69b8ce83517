import type { RowSet } from '../data/row-set.js'
import type { RowBlock, RowSource } from '../data/row-source.js'
import type { RowCodec } from './table-codec.js'
import type { TableValues } from './table-values.js'

/**
 * The rows of a flow, [rows, names of the codec], encoded block by block as they are asked for: the same numbers every time,
 * as those that are drawn depend on seed, row and column alone.
 */
export function encodedRows(codec: RowCodec, { source, rows }: TableValues): RowSource {
  async function* blocks(blockRows: number): AsyncGenerator<RowBlock> {
    const out = new Float64Array(Math.min(blockRows, source.rows) * codec.names.length)
    const numbers = new Float64Array(Math.min(blockRows, source.rows))
    let row = 0
    for await (const block of source.blocks(blockRows)) {
      row = takeNumbers(rows, row, numbers.subarray(0, block.length / source.columns))
      yield codec.encode(block, numbers, out)
    }
  }
  return { rows: source.rows, columns: codec.names.length, blocks }
}

/** The values of encoded rows, [rows, columns of the codec] in the order of the table, NaN where a cell is missing. */
export function decodedRows(codec: RowCodec, source: RowSource): RowSource {
  const width = codec.columns.length
  async function* blocks(blockRows: number): AsyncGenerator<RowBlock> {
    const out = new Float64Array(Math.min(blockRows, source.rows) * width)
    for await (const block of source.blocks(blockRows)) yield codec.decode(block, out)
  }
  return { rows: source.rows, columns: width, blocks }
}

/** The members of a set from `first` on → numbers; what comes behind the last of them. */
function takeNumbers(rows: RowSet, first: number, numbers: Float64Array): number {
  let row = first
  for (let i = 0; i < numbers.length; i++) {
    while (!rows.has(row)) row++
    numbers[i] = row++
  }
  return row
}
