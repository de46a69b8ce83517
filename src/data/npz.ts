import { DataError } from '../errors.js'
import { type Bytes, checkStretch } from './bytes.js'
import type { CellSink } from './cells.js'
import { type NpyArray, npyArray, pushStrands } from './npy.js'
import { givenNames, type HeaderOptions } from './table-header.js'
import { listed } from './wording.js'
import { entryPieces, packedAt, type ZipEntry, zipEntries } from './zip-entries.js'

/** Keeps bytes for as long as a table is read. */
export type KeepBytes = (pieces: Iterable<Uint8Array>) => Bytes

const EXTENSION = '.npy'

/**
 * Reads the arrays of a .npz archive side by side: an array alone as readNpy, of several each column under the array's
 * name, x, or x1, x2, … where it has more than one.
 *
 * Throws DataError where they differ in their rows, and as readNpy and zipEntries.
 */
export function readNpz(bytes: Bytes, source: string, options: HeaderOptions, keep: KeepBytes, sink: CellSink): void {
  const entries = zipEntries(bytes, source).filter(({ name }) => name.endsWith(EXTENSION))
  if (entries.length === 0) {
    throw new DataError(
      `${source}: a zip archive without .npy arrays (an Excel workbook is one). Save the table as CSV, Parquet or .npy.`,
    )
  }
  const arrays = entries.map((entry) => {
    const name = entry.name.slice(0, -EXTENSION.length)
    return { name, array: npyArray(bytesOf(bytes, entry, source, keep), `${source}: ${name}`) }
  })
  const [{ array: first }] = arrays
  const other = arrays.find(({ array }) => array.rows !== first.rows)
  if (other !== undefined) {
    throw new DataError(
      `${source}: ${arrays[0].name} has ${first.rows} rows, but ${other.name} ${other.array.rows}, of ${listed(arrays.map(({ name }) => name))}. Save those that belong together: numpy.savez(path, x=x, y=y).`,
    )
  }
  const columns = arrays.flatMap(({ array }) => array.strands.map((strand) => ({ bytes: array.bytes, strand })))
  const names = arrays.flatMap(({ name, array }) => columnsOf(name, array, arrays.length === 1))
  const places = sink.begin({
    names: givenNames(options, columns.length, source) ?? (names.includes(undefined) ? undefined : (names as string[])),
    width: columns.length,
    place: source,
    numeric: (column) => columns[column].strand.field.type.numeric,
  })
  pushStrands(
    first.rows,
    places.map((place) => columns[place]),
    source,
    sink,
  )
}

function columnsOf(name: string, { strands }: NpyArray, alone: boolean): (string | undefined)[] {
  return strands.map(({ field }, j) => {
    if (alone) return field.name
    if (field.name !== undefined) return `${name}.${field.name}`
    return strands.length === 1 ? name : `${name}${j + 1}`
  })
}

/** An array's bytes: where they are if they are stored as such, else unpacked. */
function bytesOf(bytes: Bytes, entry: ZipEntry, source: string, keep: KeepBytes): Bytes {
  if (entry.method !== 0) return keep(entryPieces(bytes, entry, source))
  for (const _ of entryPieces(bytes, entry, source)); // As its CRC-32 says it should be.
  const start = packedAt(bytes, entry, source)
  return {
    size: entry.size,
    read(at, length) {
      checkStretch(entry.size, at, length)
      return bytes.read(start + at, length)
    },
  }
}
