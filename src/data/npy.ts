import { DataError } from '../errors.js'
import type { Bytes } from './bytes.js'
import { type CellSink, cellBlockRows } from './cells.js'
import { type NpyField, npyFields, rowBytes } from './npy-types.js'
import { type Literal, parseLiteral } from './python-literal.js'
import { givenNames, type HeaderOptions } from './table-header.js'
import { cellsOfValues, rowPlace } from './typed-cells.js'
import { count } from './wording.js'

/** A column of an array: rows of `stride` bytes from `origin` on, within each of which it has its own. */
interface Strand {
  readonly field: NpyField
  readonly origin: number
  readonly stride: number
  readonly within: number
}

/** An array of .npy bytes as a table, its numbers still in the file. */
export interface NpyArray {
  readonly bytes: Bytes
  readonly rows: number
  readonly strands: readonly Strand[]
}

const MAGIC_BYTES = 8
/** A header is a line of text; a longer one is none. */
const MOST_HEADER = 2 ** 20
/** Bytes of an array that are read at a time, unless a row has more. */
const MOST_READ = 2 ** 22

/**
 * Finds the columns of a .npy array: [n] is one, [n, k] are k, in C or Fortran order, a structured dtype has its fields.
 *
 * Source: numpy/lib/format.py, versions 1 to 3. Throws DataError for other shapes, for what holds no numbers or texts, and
 * where the file is not as long as its header says.
 */
export function npyArray(bytes: Bytes, source: string): NpyArray {
  const { text, start } = headerOf(bytes, source)
  const header = dictOf(text, source)
  const shape = header.get('shape')
  const fortran = header.get('fortran_order')
  const sizes = Array.isArray(shape) ? shape : []
  if (!Array.isArray(shape) || typeof fortran !== 'boolean' || !sizes.every((n) => typeof n === 'number' && n >= 0)) {
    throw damaged(source, 'no shape')
  }
  const descr = header.get('descr') ?? null
  const fields = npyFields(descr, source)
  const [rows, width = 1] = sizes as number[]
  if (sizes.length < 1 || sizes.length > 2 || (sizes.length === 2 && fields[0]?.name !== undefined)) {
    throw new DataError(
      `${source}: an array of shape [${sizes.join(', ')}]; expected [rows] or [rows, columns], as array.reshape(len(array), -1) makes.`,
    )
  }
  const itemBytes = rowBytes(descr, fields)
  const needed = rows * width * itemBytes
  if (fields.length === 0 || itemBytes === 0 || !Number.isSafeInteger(needed)) throw damaged(source, 'no numbers')
  if (start + needed !== bytes.size) {
    throw damaged(
      source,
      `${count(bytes.size - start, 'byte')} where an array of shape [${sizes.join(', ')}] has ${needed}`,
    )
  }
  const strands = Array.from({ length: width }, (_, j) =>
    fields.map((field) =>
      fortran
        ? { field, origin: start + j * rows * itemBytes, stride: itemBytes, within: field.offset }
        : { field, origin: start, stride: width * itemBytes, within: j * itemBytes + field.offset },
    ),
  ).flat()
  return { bytes, rows, strands }
}

/** Names of an array's columns by its fields; undefined where they have none. */
export function npyNames({ strands }: NpyArray): string[] | undefined {
  const names = strands.map(({ field }) => field.name)
  return names.every((name) => name !== undefined) ? names : undefined
}

/** Reads a .npy file; throws as npyArray. */
export function readNpy(bytes: Bytes, source: string, options: HeaderOptions, sink: CellSink): void {
  const array = npyArray(bytes, source)
  const { strands } = array
  const names = givenNames(options, strands.length, source) ?? npyNames(array)
  const numeric = (column: number) => strands[column].field.type.numeric
  const places = sink.begin({ names, width: strands.length, place: source, numeric })
  pushStrands(
    array.rows,
    places.map((place) => ({ bytes, strand: strands[place] })),
    source,
    sink,
  )
}

/** Rows of columns that lie in the bytes of one array or of several. */
export function pushStrands(
  rows: number,
  columns: readonly { readonly bytes: Bytes; readonly strand: Strand }[],
  source: string,
  sink: CellSink,
): void {
  const most = Math.min(cellBlockRows(columns.length), ...columns.map(({ strand }) => rowsOf(strand)))
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first)
    let last: { bytes: Bytes; origin: number; view: DataView } | undefined
    sink.push({
      rows: count,
      columns: columns.map(({ bytes, strand: { field, origin, stride, within } }) => {
        if (last?.bytes !== bytes || last.origin !== origin) {
          const view = new DataView(bytes.read(origin + first * stride, count * stride).buffer)
          last = { bytes, origin, view }
        }
        const { view } = last
        return cellsOfValues(count, (row) => field.type.read(view, row * stride + within))
      }),
      place: (row) => rowPlace(source, first + row),
    })
  }
}

/** Rows of an array that are read at a time, at most. */
const rowsOf = ({ stride }: Strand) => Math.max(1, Math.floor(MOST_READ / stride))

/** The text of the header, and where the numbers begin. */
function headerOf(bytes: Bytes, source: string): { text: string; start: number } {
  if (bytes.size < MAGIC_BYTES + 4) throw damaged(source, 'no header')
  const view = new DataView(bytes.read(0, MAGIC_BYTES + 4).buffer)
  const version = view.getUint8(MAGIC_BYTES - 2)
  if (version < 1 || version > 3) throw damaged(source, `a header of version ${version}, where 1 to 3 are known`)
  const length = version === 1 ? view.getUint16(MAGIC_BYTES, true) : view.getUint32(MAGIC_BYTES, true)
  const from = MAGIC_BYTES + (version === 1 ? 2 : 4)
  if (length > MOST_HEADER || from + length > bytes.size) throw damaged(source, `a header of ${length} bytes`)
  return { text: new TextDecoder().decode(bytes.read(from, length)), start: from + length }
}

function dictOf(text: string, source: string): Map<string, Literal> {
  try {
    const literal = parseLiteral(text)
    if (literal instanceof Map) return literal
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw damaged(source, `a header that cannot be read (${error.message})`)
  }
  throw damaged(source, 'a header that is no dict')
}

function damaged(source: string, what: string): DataError {
  return new DataError(`${source}: a damaged .npy file: ${what}. Save it anew with numpy.save.`)
}
