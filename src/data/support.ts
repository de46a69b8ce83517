import { exp, ln } from '../random/elementary.js'
import type { RowBlock, RowSource } from './row-source.js'

/**
 * The values that a column can have: those above `low`, those below `high`, or those between. A map onto all numbers,
 * s = ln(x − low), −ln(high − x) or ln((x − low)/(high − x)), has the density keep to them.
 */
export interface Support {
  readonly low?: number
  readonly high?: number
}

/** Where an exponent ends: e^690 = 10^300 is a double. */
const MOST_EXPONENT = 690

/** s(x); NaN at a bound and beyond it. */
export function mapSupport({ low, high }: Support, x: number): number {
  if ((low !== undefined && !(x > low)) || (high !== undefined && !(x < high))) return Number.NaN
  if (low === undefined) return high === undefined ? x : -ln(high - x)
  return high === undefined ? ln(x - low) : ln(x - low) - ln(high - x)
}

/** x(s), within the bounds whatever is rounded. */
export function unmapSupport({ low, high }: Support, s: number): number {
  if (low === undefined) {
    return high === undefined ? s : Math.min(high - exp(Math.min(-s, MOST_EXPONENT)), below(high))
  }
  const above = low + ulp(low)
  if (high === undefined) return Math.max(low + exp(Math.min(s, MOST_EXPONENT)), above)
  const share = (high - low) / (1 + exp(Math.min(Math.abs(s), MOST_EXPONENT)))
  return s < 0 ? Math.max(low + share, above) : Math.min(high - share, below(high))
}

const below = (x: number): number => x - ulp(x)
const ulp = (x: number): number => Math.max(Math.abs(x) * Number.EPSILON, Number.MIN_VALUE)

/** ln s′(x), by s: −s, s, and |s| + 2 ln(1 + e^−|s|) − ln(high − low). */
export function logSlopeOfSupport({ low, high }: Support, s: number): number {
  if (low === undefined) return high === undefined ? 0 : s
  if (high === undefined) return -s
  const far = Math.abs(s)
  return far + 2 * ln(1 + exp(-Math.min(far, MOST_EXPONENT))) - ln(high - low)
}

/** (ln s′)′ by x, from s and s′: −s′, s′, and tanh(s/2)·s′. */
export function bendOfSupport({ low, high }: Support, s: number, slope: number): number {
  if (low === undefined) return high === undefined ? 0 : slope
  if (high === undefined) return -slope
  const e = exp(-Math.min(Math.abs(s), MOST_EXPONENT))
  return (Math.sign(s) * slope * (1 - e)) / (1 + e)
}

/** Whether any column has bounds. */
export function isBounded(supports: readonly Support[]): boolean {
  return supports.some(({ low, high }) => low !== undefined || high !== undefined)
}

/** "above 0", "below 1", "between 0 and 1". */
export function supportText({ low, high }: Support): string {
  if (low === undefined) return high === undefined ? 'any number' : `below ${high}`
  return high === undefined ? `above ${low}` : `between ${low} and ${high}`
}

/**
 * The rows of a source with s in place of x in the columns that have a support; a value that it does not hold ends the pass
 * by the error that `outside` makes of its column, row and value.
 */
export function throughSupports(
  source: RowSource,
  supports: readonly Support[],
  outside: (column: number, row: number, value: number) => Error,
): RowSource {
  const { rows, columns } = source
  function mapped(block: RowBlock, first: number): Float64Array {
    const out = Float64Array.from(block)
    for (let at = 0; at < out.length; at++) {
      const j = at % columns
      if (j >= supports.length) continue
      const s = mapSupport(supports[j], out[at])
      if (Number.isNaN(s)) throw outside(j, first + Math.floor(at / columns), out[at])
      out[at] = s
    }
    return out
  }
  async function* blocks(blockRows: number): AsyncGenerator<RowBlock> {
    let first = 0
    for await (const block of source.blocks(blockRows)) {
      yield mapped(block, first)
      first += block.length / columns
    }
  }
  return { rows, columns, blocks }
}
