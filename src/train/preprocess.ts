import * as v from 'valibot'
import type { Preprocessing } from '../data/fit-scaler.js'
import type { Support } from '../data/support.js'
import { UsageError } from '../errors.js'
import { checkOptions, echo, integer, number, oneOf } from '../options.js'

/** What columns pass before a flow; steps that are not named are taken. */
export interface PreprocessOptions {
  /**
   * Whether each column passes a fixed monotone spline that makes it about normal, with tails that follow the data's; a
   * column that this does not make likelier by far keeps its line. 'tails': only columns with a value more than 10 robust
   * standard deviations from the median. Default true.
   */
  gaussianise?: boolean | 'tails' | { knots?: number }
  /** Whether correlations are taken out; 'auto' (default): where they are significant. */
  decorrelate?: boolean | 'auto'
  /** What columns are scaled by first: median and quantiles ('robust', default), or mean and standard deviation. */
  scale?: 'robust' | 'sd'
  /**
   * The values that each modelled column can have: `{ low: 0 }` those above 0, `{ low: 0, high: 1 }` those between, `{}` all.
   * The density is 0 beyond, and samples keep within.
   */
  supports?: readonly Support[]
  /** What becomes of a number that many rows share far outside the others; default 'refuse': a DataError. */
  fillValues?: 'refuse' | 'keep'
}

/** What `fit` may be told of it: 'standardise' (mean and sd of each column), 'none', or a value of `preprocess`. */
export type PreprocessChoice = 'standardise' | 'none' | Preprocessing

/** Of the spline: few, as they are to give the column's shape and not its noise. */
const KNOTS = 6

const bound = v.optional(number('a finite number', Number.isFinite))
const support = v.pipe(
  v.strictObject({ low: bound, high: bound }),
  v.check(({ low = -Infinity, high = Infinity }) => low < high, 'low < high'),
)

const onOff = 'true or false'
const schema = v.strictObject({
  gaussianise: v.optional(
    v.union(
      [v.boolean(), v.literal('tails'), v.strictObject({ knots: v.optional(integer(2, 64)) })],
      'true, false, "tails" or { knots: 2 … 64 }',
    ),
    true,
  ),
  decorrelate: v.optional(v.union([v.boolean(), v.literal('auto')], `"auto", ${onOff}`), 'auto'),
  scale: v.optional(oneOf(['robust', 'sd']), 'robust'),
  fillValues: v.optional(oneOf(['refuse', 'keep']), 'refuse'),
  supports: v.optional(v.array(support)),
})

/**
 * A start that is the Gaussian: a fixed map of the columns, fitted to the training rows before the first step and kept with
 * the model, in float64. v = (x − median)/scale, u = g(v) by column, z = W(u − m) with W the inverse Cholesky factor of the
 * covariance: under the identity flow the density is then that of the full-covariance normal, where columns are normal, and
 * of a normal copula where they are not. Columns that the others are conditioned on are scaled alone.
 * @throws UsageError where an option is unknown or not of its kind.
 */
export function preprocess(options: PreprocessOptions = {}): Preprocessing {
  const { gaussianise, supports, ...rest } = checkOptions('preprocess', schema, options)
  const knots = typeof gaussianise === 'object' ? (gaussianise.knots ?? KNOTS) : KNOTS
  return {
    ...{ type: 'preprocess', gaussianise: typeof gaussianise === 'object' ? true : gaussianise, knots, ...rest },
    ...(supports && { supports }),
  }
}

/** @throws UsageError for what is none of them. */
export function checkPreprocess(choice: unknown): PreprocessChoice {
  if (choice === 'standardise' || choice === 'none') return choice
  const { type, gaussianise, knots, ...rest } = { ...(choice as Preprocessing | undefined) }
  if (type !== 'preprocess') {
    throw new UsageError(
      `preprocess is ${echo(choice)}; expected "standardise", "none" or the value of preprocess({ … }).`,
    )
  }
  return preprocess({ gaussianise: gaussianise === true ? { knots } : gaussianise, ...rest })
}
