import { describe, expect, it } from 'vitest'
import { NONE } from '#kernels/heap.js'
import type { Call, Span } from '#kernels/pass.js'
import { argumentsOf, decode, encode, headOf, operationNamed, operations } from '#kernels/program.js'
import { type DirectCase, isDirect, type OperationCase, titleOf } from './case.js'
import { argumentsOf as argumentsOfCase, recorded } from './declared.js'
import { Stage } from './stage.js'
import { table } from './table.js'

/** Where the gradient begins in a run: before every array that a kernel adds to. */
const GRADIENT = 16
const PROGRAM_WORDS = 64

const cases = table.filter((given): given is OperationCase => !isDirect(given))

/** A copy of nothing, before and behind the call in question. */
const nothing: Call = {
  operation: operationNamed('copy'),
  counts: { n: 0 },
  given: { x: { at: 16, shape: [0] }, y: { at: 16, shape: [0] } },
}

/** The same case by way of a pass: among other calls. */
function byProgram(given: OperationCase): DirectCase {
  return {
    ...given,
    arrays: (...size) => ({ ...given.arrays(...size), program: new Int32Array(PROGRAM_WORDS) }),
    run(kernels, at, ...size) {
      const { i32 } = kernels.heap
      const words = encode([nothing, recorded(given, at, size, GRADIENT), nothing])
      i32.set(words, at.program)
      kernels.run(at.program, at.program + words.length, GRADIENT)
      i32.fill(0, at.program, at.program + PROGRAM_WORDS)
    },
  }
}

describe.each(['simd', 'portable'] as const)('%s kernels give the same bits when their calls are recorded', (kind) => {
  const stage = new Stage(kind)
  it.each(cases.map((given) => [titleOf(given), given] as const))('%s', (_, given) => {
    for (const size of given.sizes.slice(-3)) {
      const direct = stage.run(given, size, given.arrays(...size), 'aligned')
      const replayed = byProgram(given)
      expect(stage.run(replayed, size, replayed.arrays(...size), 'aligned')).toEqual(direct)
    }
  })
})

describe('a recorded call', () => {
  it.each(cases.map((given) => [titleOf(given), given] as const))('of %s reads as it was written', (_, given) => {
    const [size] = given.sizes.slice(-1)
    const arrays = given.arrays(...size)
    const at = Object.fromEntries(Object.keys(arrays).map((name, i) => [name, 1000 + 100 * i]))
    const words = encode([recorded(given, at, size, 700)])
    expect(headOf(words[0])).toEqual({ operation: operationNamed(given.kernel), words: words.length })
    expect(decode(words, 700)).toEqual(argumentsOfCase(given, at, size))
  })

  it('counts what it adds to from where the gradient of a run begins', () => {
    const span = (at: number, ...shape: number[]): Span => ({ at, shape })
    const operation = operationNamed('denseWeightGradient')
    const call = (dBias?: Span): Call => ({
      operation,
      counts: { outDim: 1, inDim: 2, rows: 3 },
      given: {
        x: span(4, 2, 3),
        dy: span(5, 1, 3),
        dWeight: { ...span(10, 1, 2), gradient: true },
        dBias,
        scratch: span(7, 64),
      },
    })
    const withBias = encode([call({ ...span(12, 1), gradient: true })])
    expect(decode(withBias, 0)).toMatchObject({ x: 4, dy: 5, dWeight: 10, dBias: 12, scratch: 7 })
    expect(decode(withBias, 90)).toMatchObject({ x: 4, dy: 5, dWeight: 100, dBias: 102, scratch: 7 })
    // What is not there has no place in any gradient.
    expect(decode(encode([call()]), 90)).toMatchObject({ dWeight: 100, dBias: NONE })
  })

  it('holds numbers that need not be whole to the last bit', () => {
    for (const value of [0.1, -1 / 3, 2 ** -1074, -0, Number.MAX_VALUE, Number.NEGATIVE_INFINITY]) {
      const call = { operation: operationNamed('fill'), counts: { n: 3 }, given: { value, y: { at: 8, shape: [3] } } }
      expect(argumentsOf(call)).toEqual([3, value, 8])
      expect(decode(encode([call]), 0)).toEqual({ n: 3, value, y: 8 })
    }
  })
})

it('codes of operations fit into the eight bits that they have', () => {
  expect(operations.length).toBeLessThanOrEqual(256)
})
