import type { Data, DataType, RecordBatch, Vector } from 'apache-arrow'
import { DataError } from '../errors.js'
import { arrowMessages } from './arrow-messages.js'
import type { Bytes } from './bytes.js'
import type { CellSink } from './cells.js'
import { decodeLz4Frame } from './lz4-frame.js'
import { cellsOfValues, pushColumns } from './typed-cells.js'
import type { Unzstd } from './unzstd.js'

/** Bits of a body that a row needs at least, of one column. */
const BITS_PER_BYTE = 8

/**
 * Reads Arrow IPC, file or stream, and with it Feather of version 2, compressed or not, a record batch at a time.
 *
 * Throws DataError where the bytes are not whole or contradict each other.
 */
export async function readArrow(bytes: Bytes, source: string, sink: CellSink, unzstd: Unzstd): Promise<void> {
  const arrow = await import('apache-arrow')
  const { compressionRegistry, CompressionType, DataType: Types, Message, RecordBatchReader } = arrow
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: decodeLz4Frame })
  compressionRegistry.set(CompressionType.ZSTD, {
    // A copy, for its beginning need not be where float64 may begin.
    decode: (packed) => unzstd.page(packed).slice(),
  })
  const numeric = (type: DataType) => Types.isInt(type) || Types.isFloat(type) || Types.isDecimal(type)
  const messages = arrowMessages(bytes, source, (metadata) => Message.decode(metadata))
  const reader = RecordBatchReader.from(messages).open()
  const { fields } = reader.schema
  const places = sink.begin({
    names: fields.map(({ name }) => name),
    width: fields.length,
    place: source,
    numeric: (column) => numeric(fields[column].type),
  })
  let rows = 0
  for (const batch of reader) {
    const vectors = places.map((place) => columnOf(batch, place, source, Types))
    pushColumns(
      sink,
      batch.numRows,
      vectors.map((vector) => valuesOf(vector, Types)),
      source,
      rows,
    )
    rows += batch.numRows
  }
}

/** Whether the values of a column are all there: a reader takes how many there are from elsewhere, and goes on as long. */
function hasValues({ type, length, byteLength, stride, values, valueOffsets }: Data, Types: typeof DataType): boolean {
  if (byteLength * BITS_PER_BYTE < length) return false
  if (valueOffsets !== undefined && valueOffsets.length < length) return false
  if (Types.isBool(type)) return values.byteLength * BITS_PER_BYTE >= length
  const flat = [Types.isInt, Types.isFloat, Types.isDecimal, Types.isDate, Types.isTimestamp].some((is) => is(type))
  return !flat || values.length >= length * stride
}

function columnOf(batch: RecordBatch, place: number, source: string, Types: typeof DataType): Vector {
  const vector = batch.getChildAt(place)
  const name = JSON.stringify(batch.schema.fields[place].name)
  if (vector === null || vector.length !== batch.numRows || !vector.data.every((data) => hasValues(data, Types))) {
    throw new DataError(`${source}: column ${name} has not the ${batch.numRows} values of its rows.`)
  }
  return vector
}

/** Values of a column: decimals as numbers, dates as dates, the rest as Arrow has them. */
function valuesOf(vector: Vector, Types: typeof DataType) {
  const { type } = vector
  const valueAt = (index: number): unknown => {
    const value = vector.get(index)
    if (typeof value === 'number' && (Types.isTimestamp(type) || Types.isDate(type))) return new Date(value)
    if (value !== null && Types.isDecimal(type)) return decimalValue(value as Uint32Array, type.scale)
    return value
  }
  return (first: number, count: number) => cellsOfValues(count, (row) => valueAt(first + row))
}

/** A decimal of 32-bit words, the lowest first, in two's complement. */
function decimalValue(words: Uint32Array, scale: number): number {
  let value = 0n
  for (let i = words.length - 1; i >= 0; i--) value = (value << 32n) | BigInt(words[i])
  return Number(`${BigInt.asIntN(32 * words.length, value)}e${-scale}`)
}
