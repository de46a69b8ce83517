import type { ColumnMetaData } from 'hyparquet'
import type { Bytes } from './bytes.js'
import { type Fields, readStruct } from './thrift.js'

/** How many bytes a codec makes of one, at most; those without a bound have that of repeated bytes in zstd. */
const MOST_RATIO: Readonly<Record<string, number>> = { UNCOMPRESSED: 1, SNAPPY: 32, GZIP: 1032, LZ4: 255, LZ4_RAW: 255 }
const OTHER_RATIO = 2 ** 15
/** A page of few bytes may have some more than that. */
const SLACK = 1024
/** The fields of a page's header: its sizes, and of each kind of page the number of values. */
const [PLAIN_SIZE, PACKED_SIZE, DATA_PAGE, DICTIONARY_PAGE, DATA_PAGE_V2] = [2, 3, 5, 7, 8]

/**
 * Holds the pages of a flat column to its bytes: their sizes to what is there, their values to the group's rows, of which
 * a reader would make room without looking. Throws RangeError where they do not fit.
 */
export function checkPages(bytes: Bytes, column: ColumnMetaData, rows: number): void {
  const from = Number(column.dictionary_page_offset || column.data_page_offset)
  const view = new DataView(bytes.read(from, Number(column.total_compressed_size)).buffer)
  const ratio = MOST_RATIO[column.codec] ?? OTHER_RATIO
  let values = 0
  for (let at = 0; at < view.byteLength && values < rows; ) {
    const { fields, end } = readStruct(view, at)
    const [plain, packed] = [PLAIN_SIZE, PACKED_SIZE].map((field) => numberOf(fields, field))
    if (!(packed >= 0 && end + packed <= view.byteLength)) throw new RangeError(`a page of ${packed} bytes`)
    if (!(plain >= 0 && plain <= ratio * packed + SLACK))
      throw new RangeError(`a page of ${plain} bytes, from ${packed}`)
    const dictionary = valuesOf(fields, DICTIONARY_PAGE)
    if (dictionary > plain && dictionary > 0) throw new RangeError(`${dictionary} values in ${plain} bytes`)
    values += valuesOf(fields, DATA_PAGE) + valuesOf(fields, DATA_PAGE_V2)
    at = end + packed
  }
  if (values !== rows) throw new RangeError(`${values} values for ${rows} rows`)
}

function valuesOf(fields: Fields, page: number): number {
  const header = fields.get(page)
  if (header === undefined || typeof header === 'number') return 0
  const values = numberOf(header, 1)
  if (!(values >= 0)) throw new RangeError(`a page of ${values} values`)
  return values
}

function numberOf(fields: Fields, field: number): number {
  const value = fields.get(field)
  return typeof value === 'number' ? value : Number.NaN
}
