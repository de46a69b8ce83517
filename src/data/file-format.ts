/** What a file holds, by its first bytes. */
export type Format =
  | 'text'
  | 'utf-16le'
  | 'utf-16be'
  | 'json'
  | 'gzip'
  | 'zstd'
  | 'zip'
  | 'parquet'
  | 'arrow'
  | 'npy'
  /** Something with a name that is no table which can be read; the way out. */
  | { readonly refused: string; readonly way: string }

/** Bytes that are looked at. */
export const LOOKED_AT = 4096

const AS_TABLE = 'Save the table as CSV, Parquet or .npy.'
const UNPACK = 'Unpack it, or pack it with gzip or zstd.'

const MAGIC: readonly [bytes: string, format: Format][] = [
  ['\x1f\x8b', 'gzip'],
  ['\x28\xb5\x2f\xfd', 'zstd'],
  ['PK\x03\x04', 'zip'],
  ['PK\x05\x06', 'zip'],
  ['PAR1', 'parquet'],
  ['ARROW1', 'arrow'],
  ['\xff\xff\xff\xff', 'arrow'],
  ['\x93NUMPY', 'npy'],
  ['\xff\xfe\x00\x00', { refused: 'UTF-32 text', way: 'Save it as UTF-8.' }],
  ['\xff\xfe', 'utf-16le'],
  ['\xfe\xff', 'utf-16be'],
  ['PARE', { refused: 'an encrypted Parquet file', way: 'Save it without encryption.' }],
  ['FEA1', { refused: 'Feather of version 1', way: 'Save it as version 2: write_feather(table, path, version=2).' }],
  ['BZh', { refused: 'packed with bzip2', way: UNPACK }],
  ['\xfd7zXZ', { refused: 'packed with xz', way: UNPACK }],
  ['7z\xbc\xaf', { refused: 'a 7z archive', way: UNPACK }],
  ['\x89HDF', { refused: 'an HDF5 file', way: AS_TABLE }],
  ['CDF\x01', { refused: 'a netCDF file', way: AS_TABLE }],
  ['CDF\x02', { refused: 'a netCDF file', way: AS_TABLE }],
  ['SQLite format 3', { refused: 'an SQLite database', way: AS_TABLE }],
  ['\xd0\xcf\x11\xe0', { refused: 'an Excel workbook', way: AS_TABLE }],
  ['MATLAB 5.0', { refused: 'a MATLAB file', way: AS_TABLE }],
  ['Obj\x01', { refused: 'an Avro file', way: AS_TABLE }],
  ['ORC', { refused: 'an ORC file', way: AS_TABLE }],
  ['\x89PNG', { refused: 'a picture', way: AS_TABLE }],
  ['\xff\xd8\xff', { refused: 'a picture', way: AS_TABLE }],
  ['%PDF', { refused: 'a PDF document', way: AS_TABLE }],
  ['\x80\x02', { refused: 'a pickle, which runs code when it is loaded', way: AS_TABLE }],
  ['\x80\x03', { refused: 'a pickle, which runs code when it is loaded', way: AS_TABLE }],
  ['\x80\x04', { refused: 'a pickle, which runs code when it is loaded', way: AS_TABLE }],
  ['\x80\x05', { refused: 'a pickle, which runs code when it is loaded', way: AS_TABLE }],
]

/** An object that begins with a name or is empty, or a list of rows, of numbers or of texts. */
const JSON_START = /^\ufeff?\s*(?:\{\s*["}]|\[\s*(?:[[{"\]]|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?\s*[,\]]|$))/i

/** The page of a site that shows a file, or says that it is not there, is easily taken for the file. */
const PAGE_START = /^\ufeff?\s*<(?:!doctype html|html)[\s>]/i
const PAGE: Format = { refused: 'a web page', way: 'Download the file itself, and not the page about it.' }

/** What a file of these first bytes is; text where nothing says otherwise. */
export function formatOf(start: Uint8Array): Format {
  const begins = (magic: string) =>
    magic.length <= start.length && [...magic].every((char, i) => char.charCodeAt(0) === start[i])
  const [, format] = MAGIC.find(([magic]) => begins(magic)) ?? []
  if (format !== undefined) return format
  const text = new TextDecoder().decode(start.subarray(0, LOOKED_AT))
  if (PAGE_START.test(text)) return PAGE
  return JSON_START.test(text) ? 'json' : 'text'
}
