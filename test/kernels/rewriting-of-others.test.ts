import { describe, expect, it } from 'vitest'
import { sizeOf } from '#kernels/operation.js'
import type { Call, Span } from '#kernels/pass.js'
import { rewrite } from '#kernels/rewrite.js'
import { type ArrayName, callsOf, heapOf, type NarrowHeap } from './narrow-passes.js'
import { changed, contents, expectNear, namesOf, resultsOf, rewritings, shape } from './rewritings.js'

/** Calls with one operand of one of them somewhere else. */
function moved(heap: NarrowHeap, calls: readonly Call[]): [string, Call[]][] {
  return calls.flatMap((call, i) =>
    Object.entries(call.given).flatMap(([name, span]): [string, Call[]][] => {
      if (typeof span !== 'object' || call.operation.operands[name].role === 'scratch') return []
      const at = span.gradient ? 1 + 4 * shape.hidden + 3 : heap.spans.spare.at
      return [[`${call.operation.id} (${i}), ${name}`, calls.with(i, changed(call, { [name]: { ...span, at } }))]]
    }),
  )
}

/** Calls of which one goes through one less, or through the first alone. */
function shortened(calls: readonly Call[]): [string, Call[]][] {
  return calls.flatMap((call, i) =>
    Object.entries(call.counts).flatMap(([count, n]) =>
      [1, n - 1].flatMap((fewer): [string, Call[]][] => {
        if (fewer >= n || fewer < 1) return []
        const counts = { ...call.counts, [count]: fewer }
        const operands = Object.entries(call.operation.operands).flatMap(([name, { shape }]): [string, Span][] => {
          const span = call.given[name]
          return typeof span === 'object' ? [[name, { ...span, shape: shape.map((size) => sizeOf(size, counts)) }]] : []
        })
        return [
          [
            `${call.operation.id} (${i}), ${count} = ${fewer}`,
            calls.with(i, changed(call, Object.fromEntries(operands))),
          ],
        ]
      }),
    ),
  )
}

/** Calls of which one has a matrix whose rows are further apart. */
function apart(calls: readonly Call[]): [string, Call[]][] {
  return calls.flatMap((call, i) =>
    Object.values(call.operation.operands).flatMap(({ of }): [string, Call[]][] => {
      const matrix = of === undefined ? undefined : call.given[of]
      if (of === undefined || typeof matrix !== 'object') return []
      const wider = { ...matrix, stride: matrix.shape[1] + 1 }
      return [[`${call.operation.id} (${i}), ${of}`, calls.with(i, changed(call, { [of]: wider }))]]
    }),
  )
}

describe.each(rewritings)(
  'whatever becomes of $name, its results are those of the separate calls, where',
  (rewriting) => {
    const { from, unwritten } = rewriting
    const original = heapOf('portable', shape)
    const calls = from(callsOf(original, shape))

    /** `ignored` is what nobody reads afterwards. */
    function expectSame(others: readonly Call[], what: string, ignored?: ArrayName): string[] {
      const [one, other] = [heapOf('portable', shape), heapOf('portable', shape)]
      const gone = unwritten(one.spans)
      const [rewritten] = rewrite([others], resultsOf(one, gone, ignored))
      one.run(rewritten)
      other.run(others)
      const expected = contents(other, gone, ignored)
      for (const [name, values] of Object.entries(contents(one, gone, ignored))) {
        expectNear(values, expected[name], 1e-13, `${what}: ${name}`)
      }
      return namesOf(rewritten)
    }

    it.each(moved(original, calls))('another place is taken by %s', (what, others) => {
      expectSame(others, what)
      expectSame(others, what, 'spare')
    })

    it.each(apart(calls))('further apart lie the rows of %s', (what, others) => {
      expect(expectSame(others, what)).not.toEqual(rewriting.to)
    })

    it.each(shortened(calls))('fewer are gone through by %s', (what, others) => {
      expectSame(others, what)
    })
  },
)
