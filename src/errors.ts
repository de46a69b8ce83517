import { messageLine } from './printable.js'

/** Wrong options or arguments: what was wrong, what was got, what was expected, the way out. Its message is one line. */
export class UsageError extends Error {
  override name = 'UsageError'

  constructor(message: string, options?: ErrorOptions) {
    super(messageLine(message), options)
  }
}

/** Data that cannot be used; the message, one line, names file, line, column and value where they are known. */
export class DataError extends Error {
  override name = 'DataError'

  constructor(message: string, options?: ErrorOptions) {
    super(messageLine(message), options)
  }
}

/** A model file that is not one, is damaged, or comes from a newer format. Its message is one line. */
export class FormatError extends Error {
  override name = 'FormatError'

  constructor(message: string, options?: ErrorOptions) {
    super(messageLine(message), options)
  }
}

/** Training that could not go on; the model holds the last good parameters. */
export class TrainingError extends Error {
  override name = 'TrainingError'
  /** The step (counted from 0) whose loss was not finite, or at which the failure was seen. */
  readonly step: number
  /** The losses up to that step; none where it is not known. */
  readonly losses: Float64Array

  constructor(message: string, step: number, options: ErrorOptions & { losses?: Float64Array } = {}) {
    super(messageLine(message), options)
    this.step = step
    this.losses = options.losses ?? new Float64Array()
  }
}

/** What was thrown, as an error: code of one's own may throw anything, even nothing. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  return new Error(
    `${thrown === null ? 'null' : `A value of type ${typeof thrown}`} was thrown, which is no error and says nothing of the cause.`,
  )
}

/** Characters of a value that a message repeats, at most. */
const MOST_ECHOED = 80

/** A value as a message shows it: what JSON has, or what kind of thing it is. */
export function echo(value: unknown): string {
  if (value === undefined) return 'missing'
  const text = jsonOf(value) ?? (typeof value === 'object' ? 'an object' : String(value))
  return text.length > MOST_ECHOED ? `${text.slice(0, MOST_ECHOED)}… (${text.length} characters)` : text
}

/** undefined for what JSON has no text for, such as what nests without end, and functions. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
