import { describe, expect, it } from 'vitest'
import type { KernelKind } from '#kernels/create.js'
import { type Call, countsOf, lengthOf, part, type Span } from '#kernels/pass.js'
import { operationNamed } from '#kernels/program.js'
import { rewrite } from '#kernels/rewrite.js'
import { LENGTHS } from './inputs.js'
import { callsOf, heapOf, type NarrowCalls } from './narrow-passes.js'
import { changed, contents, expectNear, namesOf, type Rewriting, resultsOf, rewritings, shape } from './rewritings.js'

const sizes = [1, 4, 7].flatMap((hidden) => LENGTHS.filter((rows) => rows > 0).map((rows) => ({ hidden, rows })))
const clouds = [true, false].flatMap((keptFirst) => [true, false].map((inPlace) => ({ keptFirst, inPlace })))

/** The calls rewritten on one heap beside `beside` on another, array by array. */
function compare(
  kind: KernelKind,
  { from, unwritten, to }: Rewriting,
  beside: (calls: NarrowCalls) => Call[],
  check: (rewritten: number[], separate: number[], what: string) => void,
): void {
  for (const cloud of clouds) {
    for (const size of sizes) {
      const shape = { ...cloud, ...size }
      const [one, other] = [heapOf(kind, shape), heapOf(kind, shape)]
      const [calls] = rewrite([from(callsOf(one, shape))], resultsOf(one, unwritten(one.spans)))
      expect(namesOf(calls)).toEqual(to)
      one.run(calls)
      other.run(beside(callsOf(other, shape)))
      const expected = contents(other, unwritten(other.spans))
      for (const [name, values] of Object.entries(contents(one, unwritten(one.spans)))) {
        check(values, expected[name], `${name} of ${JSON.stringify(shape)}`)
      }
    }
  }
}

describe.each(rewritings)('$name as one call', (rewriting) => {
  it('leaves what the separate ones do, to a rounding of float64 sums of a hundred terms', () => {
    compare('portable', rewriting, rewriting.from, (rewritten, separate, what) => {
      expectNear(rewritten, separate, 1e-13, what)
    })
  })

  it('leaves nearly what the separate ones do with SIMD, whose narrow kernels have a tanh of their own', () => {
    compare('simd', rewriting, rewriting.from, (rewritten, separate, what) => {
      // Errors of a few ulp a factor, of sums of some hundred terms.
      expectNear(rewritten, separate, 200 * 2 ** -22, what)
    })
  })

  it('asks for as many operations', () => {
    const shape = { hidden: 5, rows: 12, keptFirst: true, inPlace: true }
    const heap = heapOf('portable', shape)
    const calls = rewriting.from(callsOf(heap, shape))
    const cost = (some: readonly Call[]) =>
      some.reduce((sum, { operation, counts }) => sum + (operation.cost?.(counts) ?? 0), 0)
    expect(cost(rewrite([calls], []).flat())).toBe(cost(calls))
  })
})

describe('with SIMD what is rewritten has the bits of', () => {
  it.each<[string, number, (calls: NarrowCalls) => Call[]]>([
    ['narrowCoupling', 0, ({ narrow }) => narrow],
    ['leakyReLU and narrowCoupling', 1, ({ leaky, narrow }) => [...leaky, ...narrow]],
    ['narrowCouplingInverse', 2, ({ narrowInverse }) => narrowInverse],
    ['narrowCouplingBackward', 3, ({ narrowBackward }) => narrowBackward],
    [
      'narrowCouplingBackward and leakyReLUBackward',
      4,
      ({ narrowBackward, leakyBackward }) => [...narrowBackward, ...leakyBackward],
    ],
  ])('%s', (_, index, narrow) => {
    compare('simd', rewritings[index], narrow, (rewritten, separate, what) => {
      expect(rewritten, what).toEqual(separate)
    })
  })
})

const copyOf = (x: Span, y: Span): Call => {
  const given = { x, y: { at: y.at, shape: [lengthOf(x.shape)] } }
  return { operation: operationNamed('copy'), given, counts: countsOf(operationNamed('copy'), given) }
}

describe.each(rewritings)('$name stays as it is', ({ from, to, unwritten }) => {
  const heap = heapOf('portable', shape)
  const calls = from(callsOf(heap, shape))
  const gone = unwritten(heap.spans)

  /** Whether the calls become one in the midst of others, with these results. */
  function together(passes: readonly (readonly Call[])[], results: readonly Span[]): boolean {
    const rewritten = rewrite(passes, results)
    // A part of them may still be.
    return namesOf(rewritten.flat()).includes(to[0])
  }

  it('where nothing keeps the calls from being one, it does not', () => {
    expect(together([calls], resultsOf(heap, gone))).toBe(true)
  })

  it('where another call stands between any two', () => {
    for (let i = 1; i < calls.length; i++) {
      const between = copyOf(heap.spans.raw, heap.spans.spare)
      const others = [...calls.slice(0, i), between, ...calls.slice(i)]
      expect(together([others], resultsOf(heap, gone)), `before call ${i}`).toBe(false)
    }
  })

  it('where the calls are of two passes', () => {
    for (let i = 1; i < calls.length; i++) {
      expect(together([calls.slice(0, i), calls.slice(i)], resultsOf(heap, gone)), `before call ${i}`).toBe(false)
    }
  })

  for (const [name, span] of Object.entries(gone)) {
    const { spare } = heap.spans
    it(`where ${name} is read later`, () => {
      const results = resultsOf(heap, gone)
      const reader = copyOf(span, spare)
      expect(together([calls], [...results, span]), 'outside').toBe(false)
      expect(together([[...calls, reader]], results), 'by another call').toBe(false)
      expect(together([calls, [], [reader]], results), 'by a call of a later pass').toBe(false)
      const last = { at: span.at + lengthOf(span.shape) - 1, shape: [1] }
      expect(together([[...calls, copyOf(last, spare)]], results), 'its last number').toBe(false)
    })

    it(`but not where ${name} is read earlier, or what another call has written there`, () => {
      const results = resultsOf(heap, gone)
      const reader = copyOf(span, spare)
      expect(together([[reader, ...calls]], results)).toBe(true)
      expect(together([[reader], calls], results)).toBe(true)
      const writer = copyOf({ at: spare.at, shape: [lengthOf(span.shape)] }, span)
      expect(together([[...calls, writer, reader]], results)).toBe(true)
      expect(together([calls, [writer], [reader]], [...results, span])).toBe(true)
      const most = copyOf({ at: spare.at, shape: [lengthOf(span.shape) - 1] }, span)
      expect(together([[...calls, most, reader]], results), 'but for one number').toBe(false)
    })
  }
})

describe('a coupling', () => {
  const heap = heapOf('portable', shape)
  const { coupling, couplingBackward } = callsOf(heap, shape)
  const { theta, spare } = heap.spans
  const t = part(theta, 1)
  const results = resultsOf(heap, { t }, 'spare')

  it('stays as it is where t is what a coupling behind it sees, which is made one', () => {
    const seen = { ...t, shape: [1, shape.rows] }
    const other = { at: spare.at, shape: theta.shape }
    const behind = coupling.map((call) => {
      const { operation, given } = call
      if (operation.id === 'dense' && call.counts.inDim === 1) return changed(call, { x: seen })
      if (operation.id === 'dense') return changed(call, { y: other })
      if (operation.id === 'copy') return changed(call, { x: t })
      return given.t ? changed(call, { a: part(other, 0), t: part(other, 1) }) : call
    })
    expect(namesOf(rewrite([[...coupling, ...behind]], results)[0])).toEqual([...namesOf(coupling), 'narrowCoupling'])
    expect(namesOf(rewrite([[...behind, ...coupling]], results)[0])).toEqual(['narrowCoupling', 'narrowCoupling'])
  })

  it('is made one whatever number a gradient has the place of: those of gradients are no places of the heap', () => {
    const [sums] = couplingBackward.filter(({ operation }) => operation.id === 'denseWeightGradient')
    const dWeight = { ...(sums.given.dWeight as Span), at: t.at }
    expect(namesOf(rewrite([coupling, [changed(sums, { dWeight })]], results)[0])).toEqual(['narrowCoupling'])
  })
})
