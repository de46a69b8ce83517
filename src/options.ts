import * as v from 'valibot'
import { didYouMean } from './data/nearest-name.js'
import { echo, UsageError } from './errors.js'

export { echo }

type Entries = v.ObjectEntries

/**
 * Options checked by a schema, with its defaults filled in; what a schema's message says is what was expected.
 * @throws UsageError where an option is unknown or not of its kind, in one sentence.
 */
export function checkOptions<E extends Entries>(
  what: string,
  schema: v.StrictObjectSchema<E, undefined>,
  given: unknown,
): v.InferOutput<v.StrictObjectSchema<E, undefined>> {
  const names = Object.keys(schema.entries)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new UsageError(`${what} takes an object of options (${names.join(', ') || 'none'}); got ${echo(given)}.`)
  }
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw unknownOption(what, unknown, names)
  }
  const result = v.safeParse(schema, given)
  if (result.success) return result.output
  const [issue] = result.issues
  const name = String(issue.path?.[0]?.key ?? '')
  const value = (given as Record<string, unknown>)[name]
  // Of an option that is not there, the schema of all options says no more than that.
  const [missing] = value === undefined ? (v.safeParse(schema.entries[name], value).issues ?? []) : []
  throw new UsageError(`${what}'s ${name} is ${echo(value)}; expected ${(missing ?? issue).message}.`)
}

/** The error of an option that there is not, with those that there are. */
export function unknownOption(what: string, name: string, known: readonly string[]): UsageError {
  const takes = known.length > 0 ? `it takes ${known.join(', ')}` : 'it takes none'
  return new UsageError(`${what} has no option ${echo(name)}; ${takes}. ${didYouMean(name, known)}`.trimEnd())
}

/** The same of a type of layer, base or the like. */
export function unknownType(what: string, type: unknown, builders: ReadonlyMap<string, unknown>): UsageError {
  const known = [...builders.keys()]
  const near = didYouMean(String(type), known)
  return new UsageError(`No ${what} is called ${echo(type)}; known are ${known.join(', ')}. ${near}`.trimEnd())
}

/** The options of a spec, its type aside. */
export function checkSpec<E extends Entries>(
  spec: { readonly type: string; readonly [option: string]: unknown },
  schema: v.StrictObjectSchema<E, undefined>,
): v.InferOutput<v.StrictObjectSchema<E, undefined>> {
  const { type, ...options } = spec
  return checkOptions(type, schema, options)
}

/** An integer from `least` to `most`. */
export const integer = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const message = most < Number.MAX_SAFE_INTEGER ? `an integer from ${least} to ${most}` : `an integer ≥ ${least}`
  return v.pipe(v.number(message), v.integer(message), v.minValue(least, message), v.maxValue(most, message))
}

/** A finite number for which `holds`, in words. */
export const number = (words: string, holds: (value: number) => boolean) =>
  v.pipe(
    v.number(words),
    v.check((value) => Number.isFinite(value) && holds(value), words),
  )

/** One of some words. */
export const oneOf = <const T extends readonly string[]>(words: T) =>
  v.picklist(words, `${words.map((word) => `"${word}"`).join(' or ')}`)

/** Widths of hidden layers, one at least. */
export const widths = (() => {
  const message = 'one or more widths, such as [64, 64]'
  const width = v.pipe(v.number(message), v.integer(message), v.minValue(1, message))
  return v.pipe(v.array(width, message), v.minLength(1, message))
})()

/** A part that is described by a spec of its own, as the functions of the library return it. */
export const part = (words: string) => v.looseObject({ type: v.string(words) }, words)
