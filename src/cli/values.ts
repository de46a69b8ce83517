import { splitNames } from '../data/column-list.js'
import { didYouMean } from '../data/nearest-name.js'
import { asError, UsageError } from '../errors.js'

/** Option texts by name, as `parseCommand` returns them. */
export type Values = Readonly<Record<string, string | undefined>>

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

function toNumber(text: string): number {
  return DECIMAL.test(text) ? Number(text) : Number.NaN
}

function refused(name: string, text: string, expected: string): UsageError {
  return new UsageError(`--${name} is ${JSON.stringify(text)}; expected ${expected}.`)
}

/** Whether an option without a value was given. */
export function flag(values: Values, name: string): boolean {
  return values[name] !== undefined
}

/** Names between commas; one that holds a comma is quoted. */
export function names(values: Values, name: string): readonly string[] | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const list = splitNames(text)
  if (list !== undefined) return list
  throw refused(name, text, `names between commas, such as x,y${text.includes('"') ? ` or '"a,b",c'` : ''}`)
}

/** NAME=VALUE. */
export function equation(values: Values, name: string): { column: string; value: string } | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const at = text.indexOf('=')
  if (at > 0) return { column: text.slice(0, at).trim(), value: text.slice(at + 1).trim() }
  throw refused(name, text, 'COLUMN=VALUE, such as species=2')
}

/** NAME=VALUE between commas; a value may be empty. */
export function textsByName(values: Values, name: string): ReadonlyMap<string, string> | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const texts = new Map<string, string>()
  for (const part of text.split(',')) {
    // The last sign, as a name may hold one and a value seldom does.
    const at = part.lastIndexOf('=')
    const [key, value] = [part.slice(0, Math.max(at, 0)).trim(), part.slice(at + 1).trim()]
    if (key === '') throw refused(name, text, 'NAME=VALUE between commas, such as a=1,b=2')
    if (texts.has(key)) throw refused(name, text, `each name once, but ${JSON.stringify(key)} comes twice`)
    texts.set(key, value)
  }
  return texts
}

/** An integer of [min, max] (1e5 will do); the fallback where the option is absent. */
export function integer<Fallback>(
  values: Values,
  name: string,
  fallback: Fallback,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number | Fallback {
  const text = values[name]
  if (text === undefined) return fallback
  const value = toNumber(text)
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value
  throw refused(name, text, max < Number.MAX_SAFE_INTEGER ? `an integer from ${min} to ${max}` : `an integer ≥ ${min}`)
}

/** A finite number ≥ 0, below `below` where that is given; the fallback where the option is absent. */
export function nonNegative(values: Values, name: string, fallback: number, below = Number.POSITIVE_INFINITY): number {
  const text = values[name]
  if (text === undefined) return fallback
  const value = toNumber(text)
  if (value >= 0 && value < below) return value
  throw refused(
    name,
    text,
    below < Number.POSITIVE_INFINITY ? `a share from 0 to below ${below}` : 'a finite number ≥ 0',
  )
}

/** A finite number; undefined where the option is absent. */
export function finite(values: Values, name: string, expected: string): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const value = toNumber(text)
  if (Number.isFinite(value)) return value
  throw refused(name, text, expected)
}

/** Integers ≥ 1 between commas, such as 64,64. */
export function widths(values: Values, name: string, fallback: readonly number[]): readonly number[] {
  const text = values[name]
  if (text === undefined) return fallback
  const list = text.split(',').map((part) => toNumber(part.trim()))
  if (list.every((width) => Number.isSafeInteger(width) && width >= 1)) return list
  throw refused(name, text, 'one or more widths ≥ 1, such as 4 or 64,64')
}

/** Numbers above 0 and below 1. */
export function probabilities(values: Values, name: string, fallback: readonly number[]): readonly number[] {
  const text = values[name]
  if (text === undefined) return fallback
  const list = text.split(',').map((part) => toNumber(part.trim()))
  if (list.every((value) => value > 0 && value < 1)) return list
  throw refused(name, text, 'numbers above 0 and below 1, such as 0.05,0.5,0.95')
}

/** One of a few words. */
export function choice<Word extends string>(values: Values, name: string, words: readonly Word[]): Word {
  const text = values[name] ?? words[0]
  const word = words.find((word) => word === text)
  if (word !== undefined) return word
  const { message } = refused(name, text, words.join(', '))
  throw new UsageError(`${message} ${didYouMean(text, words)}`.trimEnd())
}

/** One of a few words, or an integer of [min, max]. */
export function wordOrInteger<Word extends string>(
  values: Values,
  name: string,
  words: readonly Word[],
  fallback: Word | number,
  min: number,
  max?: number,
): Word | number {
  const text = values[name]
  if (text === undefined) return fallback
  const word = words.find((word) => word === text)
  if (word !== undefined) return word
  try {
    return integer(values, name, 0, min, max)
  } catch (error) {
    throw new UsageError(asError(error).message.replace('expected ', `expected ${words.join(', ')}, or `))
  }
}
