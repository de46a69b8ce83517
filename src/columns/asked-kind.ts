import { didYouMean } from '../data/nearest-name.js'
import { UsageError } from '../errors.js'
import { echo } from '../options.js'
import { circularOf } from './circular.js'
import type { FoundKind } from './detect-kind.js'
import type { ColumnKind } from './kinds.js'
import { gridOf, positiveOf } from './number-kinds.js'
import type { TableColumn } from './table-column.js'
import { categoryOf, dateOf } from './text-kinds.js'

const WORDS = [
  'continuous',
  'plain',
  'positive',
  'bounded',
  'circular',
  'integer',
  'rounded',
  'category',
  'date',
  'drop',
] as const

/** What a column is said to be. */
export type AskedKind =
  | { readonly kind: Exclude<(typeof WORDS)[number], 'bounded' | 'circular'> }
  | { readonly kind: 'bounded'; readonly low: number; readonly high: number }
  | { readonly kind: 'circular'; readonly period?: number }

const WITH_NUMBERS = /^(\w+)\s*(?:\(\s*([^()]*?)\s*\))?$/
/** Words for a period. */
const PERIODS: Readonly<Record<string, number>> = { degrees: 360, radians: 2 * Math.PI }
const EXPECTED = `continuous, plain, positive, bounded(LOW,HIGH), circular, circular(PERIOD), integer, rounded, category, date or drop`

/**
 * A kind of column as text has it: `integer`, `bounded(0,1)`, `circular(360)`, `circular(radians)`.
 * @throws UsageError for any other text; `title` opens the message.
 */
export function parseKind(text: string, title: string): AskedKind {
  const [, word = '', inner] = WITH_NUMBERS.exec(text.trim()) ?? []
  const kind = WORDS.find((known) => known === word)
  const numbers =
    inner === undefined ? [] : inner.split(',').map((part) => PERIODS[part.trim()] ?? numberOf(part.trim()))
  if (kind === 'bounded' && numbers.length === 2 && numbers[0] < numbers[1]) {
    return { kind, low: numbers[0], high: numbers[1] }
  }
  if (kind === 'circular' && inner === undefined) return { kind }
  if (kind === 'circular' && numbers.length === 1 && numbers[0] > 0) return { kind, period: numbers[0] }
  if (kind !== undefined && kind !== 'bounded' && kind !== 'circular' && inner === undefined) return { kind }
  const near = kind === undefined ? didYouMean(word, WORDS) : ''
  throw new UsageError(`${title} is ${echo(text)}; expected ${EXPECTED}. ${near}`.trimEnd())
}

const numberOf = (text: string) => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN)

/**
 * The kind of a column that is said to be one.
 * @throws UsageError where its cells cannot be that.
 */
export function kindAs(
  column: TableColumn,
  asked: AskedKind,
  sorted: Float64Array,
  texts: ReadonlyMap<string, number>,
): FoundKind {
  const { name, shape, sort, mixed } = column
  if (asked.kind === 'plain' && sort === 'number' && !mixed) return { kind: 'continuous' }
  const refuse = (why: string) => new UsageError(`--column ${name}:${asked.kind} does not fit: ${why}.`)
  if (asked.kind === 'drop') return { kind: 'drop', why: 'as asked' }
  if (asked.kind === 'category') return categoryFrom(texts, refuse)
  if (asked.kind === 'date') {
    if (sort === 'date' && !mixed) return dateOf(column, sorted)
    throw refuse(`its cells are not all dates written alike, such as 2026-11-26 or 2026-11-26T10:00`)
  }
  if (sort !== 'number' || mixed) {
    const text = column.firstText ? ` (${echo(column.firstText.text)}, ${column.firstText.place})` : ''
    throw refuse(`its cells are not all numbers${text}`)
  }
  return numberAs(column, asked, sorted, refuse) ?? { kind: 'continuous', decimals: shape.decimals }
}

function numberAs(
  { shape }: TableColumn,
  asked: AskedKind,
  sorted: Float64Array,
  refuse: (why: string) => UsageError,
): ColumnKind | undefined {
  const { min, max, decimals } = shape
  const range = `its values are ${min} … ${max}`
  switch (asked.kind) {
    case 'positive': {
      if (min < 0) throw refuse(range)
      return min > 0
        ? { kind: 'positive', decimals }
        : positiveOf(
            shape,
            sorted.filter((value) => value > 0),
          )
    }
    case 'bounded': {
      if (min < asked.low || max > asked.high) throw refuse(range)
      if (min > asked.low && max < asked.high) return { kind: 'bounded', low: asked.low, high: asked.high, decimals }
      throw refuse(
        `${min === asked.low ? min : max} is there, at a bound, and its logit is infinite: give wider bounds, or take it as rounded`,
      )
    }
    case 'circular':
      return circularOf(shape, asked.period, sorted)
    case 'integer':
    case 'rounded': {
      if (asked.kind === 'integer' && decimals !== 0) throw refuse('not all of its numbers are whole')
      const grid = gridOf(shape, sorted)
      if (grid === undefined && min < max) throw refuse('its numbers have too many decimals for a grid')
      return grid
    }
    default:
      return undefined
  }
}

function categoryFrom(texts: ReadonlyMap<string, number>, refuse: (why: string) => UsageError): ColumnKind {
  if (texts.size > MOST_CATEGORY_LEVELS) throw refuse(`it has more than ${MOST_CATEGORY_LEVELS} different values`)
  if (texts.size < 2) throw refuse('it has the same value in every row')
  return categoryOf(texts)
}

/** Levels of a category, at most. */
export const MOST_CATEGORY_LEVELS = 1000
