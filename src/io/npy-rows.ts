import { UsageError } from '../errors.js'
import type { TableFormat } from './table-formats.js'

/** Magic and version 1.0; behind them two bytes with the length of the header. */
const MAGIC = '\x93NUMPY\x01\x00'
/** The numbers begin at a multiple of it. */
const ALIGNMENT = 64

/**
 * A matrix of float64, [rows, columns] in C order, without names; what is missing is NaN.
 * Source: numpy/lib/format.py, version 1.0.
 */
export const npyRows: TableFormat = {
  check(columns, path) {
    const texts = columns.filter(({ text }) => text).map(({ name }) => JSON.stringify(name))
    if (texts.length === 0) return
    throw new UsageError(
      `--out ${path}: an .npy file holds numbers alone, and ${texts.join(', ')} ${texts.length === 1 ? 'is' : 'are'} text or dates. Write .parquet, .csv or .jsonl.`,
    )
  },
  async *pieces(columns, { rows, blocks }) {
    yield npyHeader(rows, columns.length)
    // A copy, as the block may be shared with threads, which files are not written from.
    for await (const block of blocks) yield new Uint8Array(block.slice().buffer)
  },
}

function npyHeader(rows: number, columns: number): Uint8Array {
  const dict = `{'descr': '<f8', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`
  const before = MAGIC.length + 2
  const length = ALIGNMENT * Math.ceil((before + dict.length + 1) / ALIGNMENT) - before
  const text = `${MAGIC}${String.fromCharCode(length % 256, Math.floor(length / 256))}${dict.padEnd(length - 1)}\n`
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}
