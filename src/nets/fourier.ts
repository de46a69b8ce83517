import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { fourier, fourierBackward } from '../kernels/operations/fourier.js'
import { copy } from '../kernels/operations/memory.js'
import { type Pass, parts, reshape, type Span } from '../kernels/pass.js'
import { checkOptions, integer, number } from '../options.js'
import type { Conditioner } from './conditioner.js'
import { type Ends, inputEnds } from './degrees.js'
import type { MaskedConditioner, MaskedShape } from './masked-conditioner.js'

/** Waves that a net sees of its columns. */
export interface FourierOptions {
  /** How many frequencies, k = 1 … count; at most 64. */
  readonly count: number
  /** After what length they repeat; default 10, which is twice the default box of splines. */
  readonly period?: number
  /** Whether a column goes in itself, too; default true. Without it a net is periodic in the column. */
  readonly raw?: boolean
  /** Whether a context's columns have waves as well; default false: they go in as they are. */
  readonly context?: boolean
}

/** An option as it is given: a number stands for so many frequencies. */
export type Fourier = number | FourierOptions

/** As an option of a net; what is in it `buildFeatures` checks. */
export const fourierOption = v.custom<Fourier>(
  (given) => typeof given === 'number' || (typeof given === 'object' && given !== null && !Array.isArray(given)),
  'how many frequencies, such as 6, or { count, period, raw, context }',
)

const DEFAULT_PERIOD = 10
/** Waves follow from one another, and the last ones' error is so many times the first one's: 10⁻⁵. */
const MOST_FREQUENCIES = 64

const schema = v.strictObject({
  count: integer(1, MOST_FREQUENCIES),
  period: v.optional(
    number('a number from 10⁻⁶ to 10⁷', (period) => period >= 1e-6 && period <= 1e7),
    DEFAULT_PERIOD,
  ),
  raw: v.optional(v.boolean('true or false'), true),
  context: v.optional(v.boolean('true or false'), false),
})

/**
 * Features of columns x [n, rows] → y [n·width, rows]: of each column x itself where `raw`, then sin kωx and cos kωx for
 * k = 1 … count, ω = 2π/period. Source: Tancik et al., Fourier Features, arXiv:2006.10739.
 */
interface Features {
  readonly width: number
  readonly context: boolean
  forward(pass: Pass, call: { readonly x: Span; readonly y: Span }): void
  /** Overwrites dx, by the y that the way there has left. */
  backward(pass: Pass, call: { readonly y: Span; readonly dy: Span; readonly dx: Span }): void
}

/** @throws UsageError where an option is unknown or not of its kind. */
function buildFeatures(given: Fourier): Features {
  const options = typeof given === 'number' ? { count: given } : given
  const { count, period, raw, context } = checkOptions('fourier', schema, options)
  const width = 2 * count + (raw ? 1 : 0)
  const waves = (span: Span) => reshape(span, span.shape[0] / width, width, span.shape[1])
  return {
    width,
    context,
    forward: (pass, { x, y }) => fourier(pass, { period, x, y: waves(y) }),
    backward: (pass, { y, dy, dx }) => fourierBackward(pass, { period, y: waves(y), dy: waves(dy), dx }),
  }
}

/**
 * A net that `build` makes for so many inputs, behind the features of its columns; without `given`, of the columns
 * themselves. Of its inputs the last `contextDim` are the context.
 * @throws UsageError where an option is not usable, or there is no column to have features.
 */
export function withFeatures(
  given: Fourier | undefined,
  { inputs, contextDim }: { readonly inputs: number; readonly contextDim: number },
  build: (inputs: number) => Conditioner,
): Conditioner {
  if (given === undefined) return build(inputs)
  const { width, context, ...features } = buildFeatures(given)
  const columns = context ? inputs : inputs - contextDim
  if (columns === 0) {
    throw new UsageError('fourier finds no column here but the context; for waves of that give { context: true }.')
  }
  const plain = inputs - columns
  const net = build(columns * width + plain)
  return {
    ...net,
    forward(pass, { params, x, y }) {
      const seen = pass.tape(columns * width + plain, pass.rows)
      const [waves, rest] = [parts(seen, 0, columns * width), parts(seen, columns * width, plain)]
      features.forward(pass, { x: parts(x, 0, columns), y: waves })
      if (plain > 0) copy(pass, { x: parts(x, columns, plain), y: rest })
      const back = net.forward(pass, { params, x: seen, y })
      return ({ dParams, dx, dy }) => {
        const dSeen = pass.scratch(...seen.shape)
        back({ dParams, dx: dSeen, dy })
        features.backward(pass, { y: waves, dy: parts(dSeen, 0, columns * width), dx: parts(dx, 0, columns) })
        if (plain > 0) copy(pass, { x: parts(dSeen, columns * width, plain), y: parts(dx, columns, plain) })
      }
    },
  }
}

/**
 * A masked net that `build` makes for inputs of these degrees, behind the features of its columns, all of which have the
 * column's degree; without `given`, of the columns themselves. The context goes in as it is unless its waves are asked
 * for; `parents` behind it are columns as the others are.
 * @throws UsageError where an option is not usable.
 */
export function withMaskedFeatures(
  given: Fourier | undefined,
  { dim, contextDim, parents = 0 }: MaskedShape,
  build: (inputs: Ends) => MaskedConditioner,
): MaskedConditioner {
  if (given === undefined) return build(inputEnds(dim, contextDim))
  const { width, context, ...features } = buildFeatures(given)
  const plain = context ? 0 : contextDim - parents
  const net = build(inputEnds(dim, contextDim).map((ins) => plain + (ins - plain) * width))
  /** Columns of degree k that have features: known ones, then one each. */
  const ofDegree = (k: number) =>
    k === 0 ? { first: plain, count: contextDim - plain } : { first: contextDim + k - 1, count: 1 }
  const columnsIn = (span: Span, k: number) => parts(span, ofDegree(k).first, ofDegree(k).count)
  const featuresIn = (span: Span, k: number) =>
    parts(span, plain + (ofDegree(k).first - plain) * width, ofDegree(k).count * width)
  return {
    ...net,
    forward(pass, { params, x, theta }) {
      const seen = pass.tape(plain + (x.shape[0] - plain) * width, pass.rows)
      const call = net.forward(pass, { params, x: seen, theta })
      return {
        advance(k) {
          if (k === 0 && plain > 0) copy(pass, { x: parts(x, 0, plain), y: parts(seen, 0, plain) })
          if (ofDegree(k).count > 0) features.forward(pass, { x: columnsIn(x, k), y: featuresIn(seen, k) })
          call.advance(k)
        },
        back({ dParams, dx, dTheta }) {
          const dSeen = pass.scratch(...seen.shape)
          const retreat = call.back({ dParams, dx: dSeen, dTheta })
          return (k) => {
            retreat(k)
            const [y, dy] = [featuresIn(seen, k), featuresIn(dSeen, k)]
            if (ofDegree(k).count > 0) features.backward(pass, { y, dy, dx: columnsIn(dx, k) })
            if (k === 0 && plain > 0) copy(pass, { x: parts(dSeen, 0, plain), y: parts(dx, 0, plain) })
          }
        },
      }
    },
  }
}
