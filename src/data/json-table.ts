import { asError, DataError } from '../errors.js'
import { CellBlockWriter, type CellSink } from './cells.js'
import type { TextReader } from './csv-table.js'
import { JsonValues } from './json-values.js'
import { givenNames, type HeaderOptions } from './table-header.js'
import { count, shortened } from './wording.js'

type Entry = Readonly<Record<string, unknown>>

/** How the first row has its cells: under names, or in a list. */
interface Shape {
  readonly writer: CellBlockWriter
  /** Those asked for. */
  readonly places: readonly number[]
  readonly width: number
  /** Names of objects; undefined for lists. */
  readonly keys: readonly string[] | undefined
  readonly known: ReadonlySet<string>
}

/**
 * Reads rows of JSON: JSON lines or one list, of objects whose names are those of the first, or of lists of equal length
 * (the first one names the columns where it is all texts). A name that a row lacks is a missing cell.
 *
 * Throws DataError, with its line or row, for text that is no JSON, rows of other lengths, and names that the first row
 * lacks unless columns are chosen.
 */
export function jsonTable(source: string, options: HeaderOptions, sink: CellSink): TextReader {
  let shape: Shape | undefined
  let rows = 0
  const values = new JsonValues(source, (text, line) => {
    rows++
    const label = values.listed ? rows : line
    const place = placeOf(label)
    const row = parsed(text, place)
    if (shape !== undefined) take(row, label, shape)
    else {
      const header = Array.isArray(row) && isHeader(row, options)
      shape = begin(row, header, place)
      if (!header) take(row, label, shape)
    }
  })
  const placeOf = (label: number) => (values.listed ? `${source}: row ${label}` : `${source}:${label}`)

  function begin(row: Entry | unknown[], header: boolean, place: string): Shape {
    const cells = Object.values(row)
    const keys = Array.isArray(row) ? undefined : Object.keys(row)
    if (keys && cells.length > 0 && cells.every((cell) => typeof cell === 'object' && cell !== null)) {
      throw new DataError(
        `${place}: lists or objects under ${JSON.stringify(shortened(keys[0]))} and all other names; expected a row, as df.to_json(path, orient="records", lines=True) writes.`,
      )
    }
    const given = givenNames(options, cells.length, place)
    const places = sink.begin({
      names: given ?? keys ?? (header ? cells.map(String) : undefined),
      width: cells.length,
      place,
      numeric: (column) => header || typeof cells[column] === 'number',
    })
    const writer = new CellBlockWriter(sink, places.length, placeOf)
    return { writer, places, width: cells.length, keys, known: new Set(keys) }
  }

  function take(row: Entry | unknown[], label: number, { writer, places, width, keys, known }: Shape): void {
    if (Array.isArray(row) !== (keys === undefined)) {
      throw new DataError(`${placeOf(label)}: ${keys ? 'a list among objects' : 'an object among lists'}.`)
    }
    if (Array.isArray(row) && row.length !== width) {
      throw new DataError(
        `${placeOf(label)}: ${count(row.length, 'cell')}, expected ${width}: complete the row or remove it.`,
      )
    }
    if (keys && options.columns === undefined) checkNames(row as Entry, known, placeOf(label))
    for (let j = 0; j < places.length; j++) {
      const cell = keys ? ownValue(row as Entry, keys[places[j]]) : (row as unknown[])[places[j]]
      if (typeof cell === 'number') writer.number(j, cell)
      else writer.other(j, textOf(cell))
    }
    writer.endRow(label)
  }

  function end(): string[] {
    values.end()
    shape?.writer.flush()
    return []
  }
  return { push: (text) => values.push(text), end }
}

function parsed(text: string, place: string): Entry | unknown[] {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new DataError(`${place}: no JSON: ${shortened(asError(error).message)}.`, { cause: error })
  }
}

/** Whether the first list holds names: it does where all of it is texts. */
function isHeader(cells: readonly unknown[], { header }: HeaderOptions): boolean {
  if (typeof header === 'boolean') return header
  return header === undefined && cells.length > 0 && cells.every((cell) => typeof cell === 'string')
}

function checkNames(row: Entry, known: ReadonlySet<string>, place: string): void {
  const other = Object.keys(row).find((name) => !known.has(name))
  if (other === undefined) return
  throw new DataError(
    `${place}: ${JSON.stringify(shortened(other))} is no name of the first row. Give all rows the same names, with null where a value is missing, or choose columns with --columns.`,
  )
}

const ownValue = (row: Entry, name: string) => (Object.hasOwn(row, name) ? row[name] : null)

function textOf(cell: unknown): string | null {
  if (cell === null || cell === undefined) return null
  return typeof cell === 'string' ? cell : JSON.stringify(cell)
}
