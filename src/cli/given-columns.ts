import { chosenColumns } from '../data/row-columns.js'
import type { RowSource } from '../data/row-source.js'
import { placeOf } from '../data/table-columns.js'
import { UsageError } from '../errors.js'
import { printable } from '../printable.js'
import type { DataSource } from './data-source.js'

/** Rows as a flow takes them: the columns that are modelled, and behind them those that they are given. */
export interface ModelRows {
  readonly points: RowSource
  readonly columns: readonly string[]
  /** How many are modelled. */
  readonly dim: number
}

/**
 * Rows with the columns of --given put behind the others.
 * @throws DataError for a column that is not there, UsageError where one is named twice or none is left to model.
 */
export function modelRows({ points, columns }: DataSource, given: readonly string[] = []): ModelRows {
  checkGiven(columns, given)
  const behind = given.map((column) => columns.indexOf(column))
  const places = [...columns.keys()].filter((place) => !behind.includes(place))
  const order = [...places, ...behind]
  return { points: chosenColumns(points, order), columns: order.map((place) => columns[place]), dim: places.length }
}

/** @throws DataError for a column that is not there, UsageError where one is named twice or none is left to model. */
export function checkGiven(columns: readonly string[], given: readonly string[]): void {
  const twice = given.find((column, i) => given.indexOf(column) !== i)
  if (twice !== undefined) throw new UsageError(`--given names ${JSON.stringify(twice)} twice.`)
  for (const column of given) placeOf(column, columns, '--given')
  if (given.length < columns.length) return
  throw new UsageError(`--given names every column (${columns.join(', ')}); expected one at least to be left to model.`)
}

/** "x1, x2", or "x1 | a, b" where these are given. */
export function conditionText(columns: readonly string[], given: readonly string[] = []): string {
  const modelled = columns.slice(0, columns.length - given.length)
  const names = (all: readonly string[]) => all.map(printable).join(', ')
  return given.length === 0 ? names(modelled) : `${names(modelled)} | ${names(given)}`
}
