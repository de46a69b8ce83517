import type { Compressors, FileMetaData, SchemaElement } from 'hyparquet'
import { DataError } from '../errors.js'
import type { Bytes } from './bytes.js'
import type { CellSink } from './cells.js'
import { checkPages } from './parquet-pages.js'
import { naturalOf } from './parquet-values.js'
import { readStruct } from './thrift.js'
import { type ColumnReader, cellsOfValues, pushColumns } from './typed-cells.js'
import { listed } from './wording.js'

/** Rows of a group, which is read as a whole. */
const MOST_ROWS = 2 ** 24
/** Behind the metadata: their length, and the magic. */
const TAIL = 8
const MAGIC = 0x31524150

/** Annotations of integers that are none. */
const DATES = /DATE|TIME/

/**
 * Reads a Parquet file, of any encoding and compression, a row group at a time and of it only the columns asked for.
 *
 * `own` unpack what they are named for, in place of those that run anywhere. Throws DataError where its metadata or pages contradict the bytes that are there.
 */
export async function readParquet(bytes: Bytes, source: string, sink: CellSink, own: Compressors): Promise<void> {
  const { parquetMetadata, parquetSchema } = await import('hyparquet')
  const { compressors: all } = await import('hyparquet-compressors')
  const metadata = parquetMetadata(footerOf(bytes, source), { geoparquet: false })
  const { children } = parquetSchema(metadata)
  const compressors = { ...all, ...own }
  const places = sink.begin({
    names: children.map(({ element }) => element.name),
    width: children.length,
    place: source,
    numeric: (column) => children[column].children.length === 0 && isNumeric(children[column].element),
  })
  const wanted = places.map((place) => ({
    name: children[place].element.name,
    element: children[place].element,
    flat: children[place].children.length === 0 && children[place].element.repetition_type !== 'REPEATED',
  }))
  const flat = wanted.filter(({ flat }) => flat).map(({ name }) => name)
  let first = 0
  for (const group of metadata.row_groups) {
    const rows = naturalOf(group.num_rows, 'rows of a group')
    if (!(rows >= 0 && rows <= MOST_ROWS)) {
      throw new DataError(
        `${source}: a row group of ${rows} rows, where ${MOST_ROWS} can be held. Write smaller ones: row_group_size=1_000_000.`,
      )
    }
    const own = new Map(wanted.filter(({ flat }) => flat).map(({ name, element }) => [name, element]))
    for (const { meta_data } of group.columns) {
      const [name] = meta_data?.path_in_schema ?? []
      const element = own.get(name)
      if (meta_data && element) {
        checkPages(bytes, { metadata: meta_data, element, compressors }, rows)
        own.delete(name)
      }
    }
    if (own.size > 0) throw new RangeError(`a row group without ${listed([...own.keys()])}`)
    const values = await readGroup(bytes, { metadata, compressors, columns: flat }, first, rows)
    const columns = wanted.map(({ name }) => values.get(name) ?? nested)
    pushColumns(sink, rows, columns, source, first)
    first += rows
  }
}

/** The metadata with what is behind them, checked for lengths that are not there. */
function footerOf(bytes: Bytes, source: string): Uint8Array {
  const tail = bytes.size < TAIL ? undefined : new DataView(bytes.read(bytes.size - TAIL, TAIL).buffer)
  const length = tail?.getUint32(0, true) ?? 0
  if (tail?.getUint32(4, true) !== MAGIC || length + TAIL > bytes.size) {
    throw new DataError(`${source}: a Parquet file without its end. Is it whole?`)
  }
  const footer = bytes.read(bytes.size - TAIL - length, length + TAIL)
  readStruct(new DataView(footer.buffer, 0, length), 0)
  return footer
}

function isNumeric({ type, converted_type, logical_type }: SchemaElement): boolean {
  const annotated = `${converted_type ?? ''} ${logical_type?.type ?? ''}`
  if (/DECIMAL|FLOAT16/.test(annotated)) return true
  return ['INT32', 'INT64', 'FLOAT', 'DOUBLE'].includes(type ?? '') && !DATES.test(annotated)
}

/** Columns of a row group by name. */
async function readGroup(
  bytes: Bytes,
  what: { metadata: FileMetaData; compressors: Compressors; columns: string[] },
  first: number,
  rows: number,
): Promise<ReadonlyMap<string, ColumnReader>> {
  const { parquetRead } = await import('hyparquet')
  const chunks = new Map<string, Chunk[]>(what.columns.map((name) => [name, []]))
  if (rows > 0 && what.columns.length > 0) {
    await parquetRead({
      ...what,
      file: { byteLength: bytes.size, slice: (start, end = bytes.size) => bytes.read(start, end - start).buffer },
      rowStart: first,
      rowEnd: first + rows,
      geoparquet: false,
      onChunk({ columnName, columnData, rowStart }) {
        chunks.get(columnName)?.push({ from: rowStart - first, values: columnData })
      },
    })
  }
  return new Map(what.columns.map((name) => [name, readerOf(chunks.get(name) ?? [])]))
}

interface Chunk {
  readonly from: number
  readonly values: ArrayLike<unknown>
}

/** Reads values out of chunks that follow each other, from first to last. */
function readerOf(chunks: readonly Chunk[]): ColumnReader {
  let current = 0
  function valueAt(row: number): unknown {
    while (current + 1 < chunks.length && row >= chunks[current + 1].from) current++
    const { from, values } = chunks[current]
    return values[row - from]
  }
  return (first, count) => cellsOfValues(count, (row) => valueAt(first + row))
}

/** Lists and structs are told, not read. */
const nested: ColumnReader = (_, count) => cellsOfValues(count, () => ({}))
