import { NONE, type Offset } from './heap.js'
import { type Counts, type Declaration, type Operand, type Range, sizeOf } from './operation.js'

/** An array of the heap: where it lies, what shape it has, and whether it moves with the gradient of the parameters. */
export interface Span {
  /** In reals of the heap; of a gradient, from where the gradient begins. */
  readonly at: Offset
  readonly shape: readonly number[]
  /** From one slice by the first index to the next, where slices do not lie side by side. */
  readonly stride?: number
  readonly gradient?: boolean
}

/** How many numbers a shape holds. */
export const lengthOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1)

/** The distance between slices by the first index. */
export const strideOf = ({ shape, stride }: Span): number => stride ?? lengthOf(shape.slice(1))

/** Slice `index` by the first index. */
export function part(span: Span, index: number): Span {
  const { at, shape, gradient } = span
  return { at: at + index * strideOf(span), shape: shape.slice(1), ...(gradient && { gradient }) }
}

/** `count` slices from `first` on. */
export function parts(span: Span, first: number, count: number): Span {
  return { ...span, at: span.at + first * strideOf(span), shape: [count, ...span.shape.slice(1)] }
}

/** The same numbers in another shape; they must lie side by side. */
export function reshape(span: Span, ...shape: number[]): Span {
  if (lengthOf(shape) !== lengthOf(span.shape) || span.stride !== undefined) {
    throw new Error(`A span [${span.shape}] cannot be seen as [${shape}].`)
  }
  return { ...span, shape }
}

/** A call written down. */
export interface Call {
  readonly operation: Declaration
  readonly counts: Counts
  /** Spans and values by operand; strides follow from them. */
  readonly given: Readonly<Record<string, Span | number | undefined>>
}

/** How the branch of a row is read off an array: by its numbers' signs, or by the numbers themselves. */
export interface Pieces {
  readonly span: Span
  readonly by: 'sign' | 'value'
}

/** A region of the heap that is filled from its beginning; as it is laid out first with no heap there, only to measure it. */
export class Region {
  #used = 0
  #most = 0
  #numbers = 0
  constructor(readonly first: Offset) {}

  /** Room for `length` reals, on a cache line. */
  take(length: number): Offset {
    const at = this.first + this.#used
    this.#used += Math.ceil(length / LINE) * LINE
    this.#numbers += length
    this.#most = Math.max(this.#most, this.#used)
    return at
  }

  /** The most that was ever taken, in reals of the heap. */
  get length(): number {
    return this.#most
  }

  /** The sum of all lengths asked for. */
  get numbers(): number {
    return this.#numbers
  }

  /** What is taken from now on lies where it lay when the mark was `used`. */
  rewind(used: number): void {
    this.#used = used
  }

  get used(): number {
    return this.#used
  }
}

/** Reals in a line of the cache. */
const LINE = 16

/**
 * Writes the calls of layers down, and lends them memory: `tape` for what lives from a way there to its way back, `scratch`
 * for what lives no longer than one of them.
 */
export class Pass {
  #calls: Call[] = []
  #pieces: Pieces[] = []
  #sites = 0

  /** @internal */
  constructor(
    /** How many rows the tile has. */
    readonly rows: number,
    /** @internal */
    readonly tapeRegion: Region,
    /** @internal */
    readonly scratchRegion: Region,
    /** Where the words stand that address random numbers, in `heap.i32`. */
    readonly key: Offset = NONE,
  ) {}

  /** An array that lives from a way there to its way back. */
  tape(...shape: number[]): Span {
    return { at: this.tapeRegion.take(lengthOf(shape)), shape }
  }

  /** An array that lives until the current call of a layer ends, and holds nothing that matters before. */
  scratch(...shape: number[]): Span {
    return { at: this.scratchRegion.take(lengthOf(shape)), shape }
  }

  /** Names an array that tells which smooth piece a row lies on; read after the way there. */
  branch(span: Span, by: Pieces['by'] = 'sign'): void {
    this.#pieces.push({ span, by })
  }

  /** A number of its own for each place that draws random numbers, in the order of a way there. */
  site(): number {
    return this.#sites++
  }

  /**
   * What `branch` has named since this was last asked for.
   * @internal
   */
  takePieces(): Pieces[] {
    const pieces = this.#pieces
    this.#pieces = []
    return pieces
  }

  /**
   * The calls that `work` writes down, by themselves.
   * @internal
   */
  record(work: () => void): Call[] {
    const before = this.#calls
    const calls: Call[] = []
    this.#calls = calls
    work()
    this.#calls = before
    return calls
  }

  /**
   * Writes a call down, as operations do.
   * @throws Error where shapes do not fit.
   * @internal
   */
  write(operation: Declaration, given: Readonly<Record<string, Span | number | undefined>>): void {
    const keys = Object.entries(operation.operands).filter(([, { role }]) => role === 'key')
    const whole = { ...given, ...Object.fromEntries(keys.map(([name]) => [name, this.key])) }
    this.#calls.push({ operation, counts: countsOf(operation, whole), given: whole })
  }
}

const isArray = ({ role }: Operand) => role !== 'stride' && role !== 'value' && role !== 'key'

/** The counts of a call by the shapes of its operands, which must agree. */
export function countsOf(
  { id, counts: names, operands }: Declaration,
  given: Readonly<Record<string, Span | number | undefined>>,
): Counts {
  const counts: Record<string, number> = {}
  for (const [name, operand] of Object.entries(operands)) {
    const span = given[name]
    if (!isArray(operand)) {
      if (operand.role === 'value' && typeof span !== 'number') throw new Error(`${id}: ${name} is no number.`)
      continue
    }
    if (typeof span !== 'object') {
      if (!operand.optional) throw new Error(`${id}: ${name} is missing.`)
      continue
    }
    bind(id, name, operand, span, counts)
  }
  for (const name of names) if (counts[name] === undefined) throw new Error(`${id}: no operand says what ${name} is.`)
  for (const [name, operand] of Object.entries(operands)) {
    const span = given[name]
    if (isArray(operand) && typeof span === 'object') check(id, name, operand, span, counts, operands)
  }
  for (const name of Object.keys(given)) if (!operands[name]) throw new Error(`${id} has no operand ${name}.`)
  return counts
}

/** An operand of one count takes the whole of a span of any shape. */
function shapeFor({ shape }: Operand, span: Span): readonly number[] {
  return shape.length === 1 && span.shape.length !== 1 && span.stride === undefined
    ? [lengthOf(span.shape)]
    : span.shape
}

function bind(id: string, name: string, operand: Operand, span: Span, counts: Record<string, number>): void {
  const { role, shape } = operand
  const got = shapeFor(operand, span)
  for (const [i, size] of shape.entries()) if (typeof size === 'string') counts[size] ??= got[i]
  if ((role === 'gradient') !== (span.gradient ?? false)) {
    throw new Error(
      `${id}: ${name} ${span.gradient ? 'is a gradient of parameters, which this operand is none of' : 'is no gradient of parameters, which it must be'}.`,
    )
  }
}

function check(
  id: string,
  name: string,
  operand: Operand,
  span: Span,
  counts: Counts,
  operands: Readonly<Record<string, Operand>>,
): void {
  const { role, shape } = operand
  const got = shapeFor(operand, span)
  const expected = shape.map((size) => sizeOf(size, counts))
  const fits =
    role === 'scratch'
      ? lengthOf(got) >= lengthOf(expected)
      : expected.length === got.length && expected.every((n, i) => n === got[i])
  if (!fits) throw new Error(`${id}: ${name} is [${span.shape}], expected [${expected}].`)
  const strided = Object.values(operands).some(({ role: other, of }) => other === 'stride' && of === name)
  if (!strided && span.stride !== undefined && span.stride !== lengthOf(span.shape.slice(1)) && span.shape[0] > 1) {
    throw new Error(`${id}: ${name} has a stride of ${span.stride}, which it takes none of.`)
  }
}

/** The stride operand's number. */
export function strideIn(call: Call, operand: Operand): number {
  const span = call.given[operand.of as string]
  return typeof span === 'object' ? strideOf(span) : 0
}

const NOTHING: Range = { from: 0, to: 0 }

/** What a span covers, the numbers between its slices included. */
export function rangeOf(span: Span): Range {
  const count = lengthOf(span.shape)
  if (count === 0) return NOTHING
  return { from: span.at, to: span.at + (span.shape[0] - 1) * strideOf(span) + lengthOf(span.shape.slice(1)) }
}
