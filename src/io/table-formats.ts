import type { WrittenColumn } from '../columns/written-column.js'
import { nearestName } from '../data/nearest-name.js'
import { UsageError } from '../errors.js'
import { gzipped } from './gzip.js'
import { npyRows } from './npy-rows.js'
import { parquetRows } from './parquet-rows.js'
import { delimited, jsonLines } from './text-rows.js'

/** Rows that are written. */
export interface WrittenRows {
  /** How many. */
  readonly rows: number
  /** All of them, [any, columns]; a block may be overwritten as soon as the next one is asked for. */
  readonly blocks: AsyncIterable<Float64Array>
}

/** How rows become a file, piece by piece in constant memory. */
export interface TableFormat {
  /** @throws UsageError for columns that it cannot hold. */
  check?(columns: readonly WrittenColumn[], path: string): void
  pieces(columns: readonly WrittenColumn[], rows: WrittenRows): AsyncGenerator<string | Uint8Array>
}

const TEXTS: Readonly<Record<string, TableFormat>> = {
  '.csv': delimited(','),
  '.tsv': delimited('\t'),
  '.jsonl': jsonLines,
  '.ndjson': jsonLines,
}
const PACKED = '.gz'
const FORMATS: Readonly<Record<string, TableFormat>> = {
  ...TEXTS,
  ...Object.fromEntries(Object.entries(TEXTS).map(([ending, format]) => [ending + PACKED, packed(format)])),
  '.parquet': parquetRows,
  '.npy': npyRows,
}

/** Endings of files that can be written, for help and messages. */
export const ENDINGS_TEXT = '.csv, .tsv or .jsonl (also .ndjson, and each with .gz behind), .parquet or .npy'

/**
 * The format of a file by the ending of its name, whatever its case.
 * @throws UsageError for an ending of none.
 */
export function formatOfName(path: string): TableFormat {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  const ending = /\.[^.]*(\.gz)?$/.exec(name)?.[0]
  if (ending !== undefined && Object.hasOwn(FORMATS, ending)) return FORMATS[ending]
  const near = ending && nearestName(ending, Object.keys(FORMATS))
  const what = ending === undefined ? 'has no ending' : `ends in ${ending}, which is no format`
  throw new UsageError(`--out ${path} ${what}. ${near ? `Did you mean ${near}?` : `Expected ${ENDINGS_TEXT}.`}`)
}

function packed({ pieces }: TableFormat): TableFormat {
  return { pieces: (columns, rows) => gzipped(pieces(columns, rows)) }
}
