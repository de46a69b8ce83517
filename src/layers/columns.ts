import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { echo, integer } from '../options.js'

/** Which columns a layer works on, as an option. */
export const columnNumbers = v.array(integer(0), 'columns by their number, such as [0, 2]')

export const allColumns = (dim: number): number[] => Array.from({ length: dim }, (_, j) => j)

/** @throws UsageError where a column is none of the flow's, or named twice, or there is none. */
export function checkColumns(name: string, columns: readonly number[], dim: number): void {
  if (columns.length === 0 || new Set(columns).size < columns.length || columns.some((j) => j >= dim)) {
    throw new UsageError(`${name}'s columns are ${echo(columns)}; expected different ones, each from 0 to ${dim - 1}.`)
  }
}
