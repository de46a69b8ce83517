import { LiveRanges } from './live-ranges.js'
import type { Range } from './operation.js'
import { type Call, lengthOf, rangeOf, type Span } from './pass.js'
import { ROUNDS, type Rule } from './rewriting-rules.js'

/**
 * The calls of passes that run one after another, with neighbours made one where a rule says how and where nothing that
 * this leaves unwritten is read later, by another call or outside. `results` is what is read outside.
 */
export function rewrite(passes: readonly (readonly Call[])[], results: readonly Span[]): Call[][] {
  return ROUNDS.reduce<Call[][]>(
    (calls, rules) =>
      calls.some((pass) => rules.some((rule) => occurs(rule, pass))) ? round(calls, rules, results) : calls,
    passes.map((pass) => [...pass]),
  )
}

function occurs({ names }: Rule, calls: readonly Call[]): boolean {
  const last = names.at(-1)
  return calls.some(({ operation }, i) => operation.id === last && endsAt(names, calls, i))
}

function endsAt(names: readonly string[], calls: readonly Call[], end: number): boolean {
  const first = end - names.length + 1
  return first >= 0 && names.every((name, k) => calls[first + k].operation.id === name)
}

/** Goes back from the last call, so that it is known what is read after each. */
function round(passes: readonly (readonly Call[])[], rules: readonly Rule[], results: readonly Span[]): Call[][] {
  const live = new LiveRanges()
  for (const span of results) live.add(rangeOf(span))
  return passes
    .toReversed()
    .map((calls) => {
      const reversed: Call[] = []
      for (let i = calls.length - 1; i >= 0; ) {
        const found = rules.find(({ names }) => endsAt(names, calls, i))
        const size = found?.names.length ?? 1
        const one = found?.rewrite(...calls.slice(i - size + 1, i + 1))
        const fits = one !== undefined && !one.unwritten.some((span) => live.overlaps(rangeOf(span)))
        const call = fits ? one.call : calls[i]
        reversed.push(call)
        trace(call, live)
        i -= fits ? size : 1
      }
      return reversed.reverse()
    })
    .reverse()
}

/** From what is read after a call to what is read after the one before it. */
function trace({ operation, given }: Call, live: LiveRanges): void {
  const reads: Range[] = []
  for (const [name, { role }] of Object.entries(operation.operands)) {
    const span = given[name]
    if (typeof span !== 'object' || role === 'gradient') continue
    // What lies between the slices of a span with a stride is not written.
    if (role === 'write' || role === 'scratch') for (const range of slicesOf(span)) live.remove(range)
    else reads.push(rangeOf(span))
  }
  for (const range of reads) live.add(range)
}

function slicesOf(span: Span): Range[] {
  const length = lengthOf(span.shape.slice(1))
  if (span.stride === undefined || span.stride === length) return [rangeOf(span)]
  const { stride, at } = span
  return Array.from({ length: span.shape[0] }, (_, i) => ({ from: at + i * stride, to: at + i * stride + length }))
}
