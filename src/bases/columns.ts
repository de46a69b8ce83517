import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { echo, number } from '../options.js'

/** How large a number of a base may be, in standardised units. */
const MOST = 1e6

export const LOCATION = { words: 'a number from −10⁶ to 10⁶', holds: (x: number) => Math.abs(x) <= MOST }
export const SCALE = { words: 'a number from 10⁻⁶ to 10⁶', holds: (x: number) => x >= 1 / MOST && x <= MOST }
export const COVARIANCE = { words: 'from −10¹² to 10¹²', holds: (x: number) => Math.abs(x) <= MOST ** 2 }

interface Kind {
  readonly words: string
  readonly holds: (value: number) => boolean
}

/** One number for all columns, or one for each. */
export const columnwise = ({ words, holds }: Kind) => {
  const message = `${words}, one for all columns or one for each`
  const one = number(message, holds)
  return v.union([one, v.array(one, message)], message)
}

/** Rows of numbers of a kind. */
export const table = ({ words, holds }: Kind) => {
  const message = `rows of as many numbers, each ${words}`
  return v.array(v.array(number(message, holds), message), message)
}

/** A number a column, by its index. */
export type Column = (j: number) => number

/** @throws UsageError where there are more or fewer than columns. */
export function perColumn(base: string, name: string, given: number | readonly number[], dim: number): Column {
  if (typeof given === 'number') return () => given
  if (given.length !== dim) throw new UsageError(`${base}'s ${name} is ${echo(given)}; expected ${dim} numbers.`)
  return (j) => given[j]
}

/** Written out, when a flow is made: a damaged file's dimension must not ask for memory before it is checked. */
export const columns = (dim: number, column: Column): Float64Array =>
  Float64Array.from({ length: dim }, (_, j) => column(j))
