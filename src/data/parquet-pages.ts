import type { ColumnMetaData, Compressors, SchemaElement } from 'hyparquet'
import type { Bytes } from './bytes.js'
import { checkValues, naturalOf, walkRuns } from './parquet-values.js'
import { type Fields, readStruct } from './thrift.js'

/** How many bytes a codec makes of one, at most; those without a bound have that of repeated bytes in zstd. */
const MOST_RATIO: Readonly<Record<string, number>> = { UNCOMPRESSED: 1, SNAPPY: 32, GZIP: 1032, LZ4: 255, LZ4_RAW: 255 }
const OTHER_RATIO = 2 ** 15
/** A page of few bytes may have some more than that. */
const SLACK = 1024
/** Fields of a page's header: its sizes, and what each kind of page has of its own. */
const PAGE = { plainSize: 2, packedSize: 3, data: 5, dictionary: 7, dataV2: 8 }
const DATA = { values: 1, encoding: 2 }
const DICTIONARY = { values: 1 }
const DATA_V2 = { values: 1, nulls: 2, encoding: 4, levelBytes: 5, repetitionBytes: 6, packed: 7 }
const [PLAIN, LENGTH_BYTES] = [0, 4]

/** A flat column of a row group. */
export interface FlatColumn {
  readonly element: SchemaElement
  readonly metadata: ColumnMetaData
  readonly compressors: Compressors
}

/**
 * Holds the pages of a flat column to its bytes, down to the runs of their values: a reader makes room for what they say
 * without looking, and goes on for as long. Throws RangeError where they do not fit, or have not the values of `rows`.
 */
export function checkPages(bytes: Bytes, column: FlatColumn, rows: number): void {
  const { metadata, element } = column
  const from = naturalOf(metadata.dictionary_page_offset || metadata.data_page_offset, 'place of a column')
  const view = new DataView(bytes.read(from, naturalOf(metadata.total_compressed_size, 'size of a column')).buffer)
  let values = 0
  for (let at = 0; at < view.byteLength && values < rows; ) {
    const { fields, end } = readStruct(view, at)
    const [plain, packed] = [PAGE.plainSize, PAGE.packedSize].map((field) => natural(fields, field))
    const ratio = MOST_RATIO[metadata.codec] ?? OTHER_RATIO
    if (end + packed > view.byteLength) throw new RangeError(`a page of ${packed} bytes`)
    if (plain > ratio * packed + SLACK) throw new RangeError(`a page of ${plain} bytes, from ${packed}`)
    const page = new Uint8Array(view.buffer, end, packed)
    const [data, dictionary, dataV2] = [PAGE.data, PAGE.dictionary, PAGE.dataV2].map((field) => structOf(fields, field))
    if (data) values += checkData(unpack(page, plain, column), data, element)
    else if (dataV2) values += checkDataV2(page, plain, dataV2, column)
    else if (dictionary)
      checkValues(viewOf(unpack(page, plain, column)), 0, PLAIN, element, natural(dictionary, DICTIONARY.values))
    at = end + packed
  }
  if (values !== rows) throw new RangeError(`${values} values for ${rows} rows`)
}

/** Levels say which values are there; 1 is one, of a column that is flat. */
function checkData(page: Uint8Array, header: Fields, element: SchemaElement): number {
  const view = viewOf(page)
  const values = natural(header, DATA.values)
  let at = 0
  let present = values
  if (element.repetition_type !== 'REQUIRED') {
    present = walkRuns(view, LENGTH_BYTES, 1, values)
    at = LENGTH_BYTES + view.getUint32(0, true)
  }
  checkValues(view, at, natural(header, DATA.encoding), element, present)
  return values
}

function checkDataV2(page: Uint8Array, plain: number, header: Fields, column: FlatColumn): number {
  const [values, nulls, encoding] = [DATA_V2.values, DATA_V2.nulls, DATA_V2.encoding].map((field) =>
    natural(header, field),
  )
  const [levels, repetition] = [DATA_V2.levelBytes, DATA_V2.repetitionBytes].map((field) => natural(header, field))
  if (repetition > 0 || levels > page.length || levels > plain) throw new RangeError(`levels of ${levels} bytes`)
  const optional = column.element.repetition_type !== 'REQUIRED'
  const present = optional ? walkRuns(viewOf(page), 0, 1, values) : values
  if (present !== values - nulls)
    throw new RangeError(`${nulls} of ${values} values missing, where ${present} are there`)
  const packed = page.subarray(levels)
  const isPacked = header.get(DATA_V2.packed) !== 0 && plain > levels
  const view = viewOf(isPacked ? unpack(packed, plain - levels, column) : packed)
  checkValues(view, 0, encoding, column.element, present)
  return values
}

function unpack(page: Uint8Array, size: number, { metadata: { codec }, compressors }: FlatColumn): Uint8Array {
  const decompress = codec === 'UNCOMPRESSED' ? undefined : compressors[codec]
  return decompress ? decompress(page, size) : page
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function structOf(fields: Fields, field: number): Fields | undefined {
  const found = fields.get(field)
  return typeof found === 'number' ? undefined : found
}

function natural(fields: Fields, field: number): number {
  const value = fields.get(field)
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new RangeError(`a header whose field ${field} is no number that can be`)
}
