import type { SchemaElement } from 'hyparquet-writer'
import type { DateFormat } from '../columns/iso-dates.js'
import { offsetOf, UNIT_MILLISECONDS } from '../columns/iso-dates.js'
import type { WrittenColumn } from '../columns/written-column.js'
import type { TableFormat } from './table-formats.js'

/** Numbers of a row group, about, and its rows at most: memory holds one. */
const GROUP = { numbers: 2 ** 20, rows: 2 ** 17 }

/**
 * Columns of types: DOUBLE, INT32, INT64, BOOLEAN, texts as UTF-8, dates and times as timestamps of milliseconds, local where
 * they have no zone. What is missing is null.
 */
export const parquetRows: TableFormat = {
  async *pieces(columns, { rows, blocks }) {
    // Loaded here, since no other format needs it.
    const { ByteWriter, ParquetWriter } = await import('hyparquet-writer')
    const writer = new ByteWriter()
    const schema = [{ name: 'root', num_children: columns.length }, ...columns.map(elementOf)]
    const parquet = new ParquetWriter({ writer, schema, createdBy: 'pushforward' })
    const taken = () => {
      const bytes = writer.getBytes().slice()
      writer.index = 0
      return bytes
    }
    const groupRows = Math.max(1, Math.min(rows, GROUP.rows, Math.floor(GROUP.numbers / columns.length)))
    for await (const group of regrouped(blocks, groupRows, columns.length)) {
      const columnData = columns.map((column, j) => ({
        name: column.name,
        data: valuesOf(column, everyNth(group, j, columns.length)),
        // A dictionary would make one of 0 and −0.
        ...(column.type === 'number' && { encoding: 'PLAIN' as const }),
      }))
      parquet.write({ columnData, rowGroupSize: groupRows })
      yield taken()
    }
    parquet.finish()
    yield taken()
  },
}

function elementOf({ name, type, gaps }: WrittenColumn): SchemaElement {
  const common = { name, repetition_type: gaps ? ('OPTIONAL' as const) : ('REQUIRED' as const) }
  switch (type) {
    case 'number':
      return { ...common, type: 'DOUBLE' }
    case 'int32':
      return { ...common, type: 'INT32' }
    case 'int64':
      return { ...common, type: 'INT64' }
    case 'boolean':
      return { ...common, type: 'BOOLEAN' }
    case 'text':
      return { ...common, type: 'BYTE_ARRAY', converted_type: 'UTF8' }
    default:
      return {
        ...common,
        type: 'INT64',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: type.zone !== '', unit: 'MILLIS' },
      }
  }
}

/** Values as the writer takes them; NaN of a column with gaps is null. */
function valuesOf({ type, text = String, gaps }: WrittenColumn, values: Float64Array) {
  if (type === 'number' && !gaps) return values
  if (type === 'int32' && !gaps) return Int32Array.from(values)
  const read = readerOf(type, text)
  return Array.from(values, (value) => (Number.isNaN(value) && gaps ? null : read(value)))
}

function readerOf(type: WrittenColumn['type'], text: (value: number) => string): (value: number) => unknown {
  if (type === 'number' || type === 'int32') return (value) => value
  if (type === 'int64') return BigInt
  if (type === 'boolean') return (value) => text(value) === 'true'
  return type === 'text' ? text : (value) => instantOf(value, type)
}

/** Milliseconds since 1970: of a zone in UTC, without one as the clock says. */
function instantOf(value: number, { unit, zone }: DateFormat): bigint {
  return BigInt(Math.round(value * UNIT_MILLISECONDS[unit] - offsetOf(zone)))
}

function everyNth(rows: Float64Array, first: number, step: number): Float64Array {
  const values = new Float64Array(rows.length / step)
  for (let i = 0, at = first; i < values.length; i++, at += step) values[i] = rows[at]
  return values
}

/** The same rows in blocks of so many, the last one of what is left; each in the same memory. */
async function* regrouped(blocks: AsyncIterable<Float64Array>, rows: number, columns: number) {
  const group = new Float64Array(rows * columns)
  let used = 0
  for await (const block of blocks) {
    for (let at = 0; at < block.length; ) {
      const count = Math.min(block.length - at, group.length - used)
      group.set(block.subarray(at, at + count), used)
      used += count
      at += count
      if (used < group.length) continue
      yield group
      used = 0
    }
  }
  if (used > 0) yield group.subarray(0, used)
}
