import { DataError } from '../errors.js'
import type { TableHeader } from './cells.js'
import { joinNames } from './column-list.js'
import { didYouMean } from './nearest-name.js'
import { listed } from './wording.js'

/** Which columns of a table are read, and under which names. */
export interface ColumnChoice {
  /** Names of the chosen columns. */
  readonly names: string[]
  /** Their places in a row. */
  readonly places: number[]
}

/** The names to read, from those of a header, or of a table of `width` columns without one (x1, x2, …). */
export type ColumnChooser = (header: readonly string[] | undefined, width: number) => readonly string[]

export interface ColumnOptions {
  /** The columns to read, in this order, or how to choose them; all of them where absent. */
  columns?: readonly string[] | ColumnChooser
}

const quote = (name: string) => JSON.stringify(name)

/**
 * The columns that are read: all, or those asked for.
 *
 * Throws DataError for names that are missing, come twice or are not there.
 */
export function chooseColumns(header: TableHeader, { columns: asked }: ColumnOptions): ColumnChoice {
  const { width, place } = header
  if (width === 0) throw new DataError(`${place}: a table without columns.`)
  const trimmed = header.names?.map((name) => name.trim())
  const all = columnNames(trimmed, width)
  const columns = typeof asked === 'function' ? asked(trimmed, width) : asked
  const names = columns === undefined ? all : [...columns]
  const unnamed = all.indexOf('')
  if (columns === undefined && unnamed >= 0) {
    throw new DataError(`${place}: column ${unnamed + 1} has no name. Give it one${chooseOthers(header, all)}.`)
  }
  const seats = placesByName(all)
  const chosen = new Set<string>()
  const places = names.map((name) => {
    const { first, again } = (name === '' ? undefined : seats.get(name)) ?? missing(name, all, place)
    if (again !== undefined) {
      throw new DataError(
        `${place}: columns ${first + 1} and ${again + 1} are both named ${quote(name)}. Rename one${renaming(place)}.`,
      )
    }
    if (chosen.has(name)) throw new DataError(`${place}: column ${quote(name)} is chosen twice.`)
    chosen.add(name)
    return first
  })
  return { names, places }
}

/** The way out of names of one's own, where a table has lines. */
function renaming(place: string): string {
  const [, line] = /:(\d+)$/.exec(place) ?? []
  return line === undefined ? '' : `, or give names of your own: --skip-rows ${line} --header NAMES`
}

/** The way out of choosing other columns of numbers, where there are some. */
function chooseOthers({ numeric }: TableHeader, all: readonly string[]): string {
  const seats = placesByName(all)
  const others = all.filter((name, j) => name !== '' && seats.get(name)?.again === undefined && numeric(j))
  return others.length === 0 ? '' : `, or choose others with ${chooseWith(others)}`
}

/** --columns and its value; an example where that would be long. */
export function chooseWith(names: readonly string[]): string {
  const most = 20
  const text = joinNames(names.slice(0, most))
  return `--columns ${/["'\s;|&$<>]/.test(text) ? `'${text}'` : text}${names.length > most ? ',…' : ''}`
}

/** The names of a header, or x1, x2, … */
export function columnNames(header: readonly string[] | undefined, width: number): string[] {
  return header?.map((name) => name.trim()) ?? Array.from({ length: width }, (_, j) => `x${j + 1}`)
}

/** Where each name comes first, and where it comes again. */
function placesByName(all: readonly string[]): Map<string, { first: number; again?: number }> {
  const seats = new Map<string, { first: number; again?: number }>()
  for (const [j, name] of all.entries()) {
    const seat = seats.get(name)
    if (seat === undefined) seats.set(name, { first: j })
    else seat.again ??= j
  }
  return seats
}

/** Where a column stands; throws DataError with the nearest name where there is none of this name. */
export function placeOf(name: string, all: readonly string[], place: string): number {
  const found = name === '' ? -1 : all.indexOf(name)
  return found >= 0 ? found : missing(name, all, place)
}

function missing(name: string, all: readonly string[], place: string): never {
  const known = all.filter((other) => other !== '')
  const meant = [didYouMean(name, known, { shownAs: quote }), `There are ${listed(known)}.`].join(' ').trimStart()
  throw new DataError(`${place}: no column is named ${quote(name)}. ${meant}`)
}
