import { describe, expect, it } from 'vitest'
import { lengthOf, type Span, strideOf } from '#kernels/pass.js'
import { operationNamed } from '#kernels/program.js'
import { type Arrays, isDirect, type OperationCase, titleOf, type Values } from './case.js'
import { CHANGED, placesOf } from './declared.js'
import { Stage } from './stage.js'
import { table } from './table.js'

const stages = { simd: new Stage('simd'), portable: new Stage('portable') }
const cases = table.filter((given): given is OperationCase => !isDirect(given))

/** The operands of a case that lie in arrays: what the declaration says of them, and which numbers of which array they are. */
function placedOperands(given: OperationCase, arrays: Arrays, size: readonly number[]) {
  const { operands } = operationNamed(given.kernel)
  return Object.entries(placesOf(given, arrays, size)).map(([name, place]) => ({ ...operands[name], ...place }))
}

/** Whether number i of the array that a span lies in is one of the span's. */
function covers(span: Span, i: number): boolean {
  const [slice, within] = [Math.floor((i - span.at) / strideOf(span)), (i - span.at) % strideOf(span)]
  return i >= span.at && slice < span.shape[0] && within < lengthOf(span.shape.slice(1))
}

/** The arrays with other numbers where operands of these roles lie and no operand of another role does. */
function changed(
  given: OperationCase,
  arrays: Arrays,
  size: readonly number[],
  roles: readonly string[],
  change: (value: number) => number,
): Arrays {
  const placed = placedOperands(given, arrays, size)
  const entries = Object.entries(arrays).map(([name, values]): [string, Values] => {
    const inside = placed.filter(({ array }) => array === name)
    const touched = inside.filter(({ role }) => roles.includes(role))
    const others = inside.filter(({ role }) => !roles.includes(role))
    const of = (operands: typeof inside, i: number) => operands.some(({ span }) => covers(span, i))
    return [name, values.map((value, i) => (of(touched, i) && !of(others, i) ? change(value) : value))]
  })
  return Object.fromEntries(entries)
}

/** Results that no scratch array is among. */
function results(given: OperationCase, size: readonly number[], arrays: Arrays, kind: keyof typeof stages) {
  const scratch = placedOperands(given, arrays, size).flatMap(({ role, array }) => (role === 'scratch' ? [array] : []))
  const all = Object.entries(stages[kind].run(given, size, arrays, 'unaligned'))
  return Object.fromEntries(all.filter(([name]) => !scratch.includes(name)))
}

describe.each(cases.map((given) => [titleOf(given), given] as const))('the case of %s', (_, given) => {
  const sizes = given.sizes.slice(-3)

  it('has arrays of the declared lengths', () => {
    for (const size of given.sizes) {
      const arrays = given.arrays(...size)
      const { operands } = operationNamed(given.kernel)
      for (const [name, { array, span }] of Object.entries(placesOf(given, arrays, size))) {
        const length = lengthOf(span.shape)
        const strided = Object.values(operands).some(({ role, of }) => role === 'stride' && of === name)
        if (strided) expect(arrays[array].length, name).toBeGreaterThanOrEqual(length)
        else expect(arrays[array].length, name).toBe(length)
      }
    }
  })

  it('checks every array that the declaration says the kernel changes, and no other', () => {
    for (const size of sizes) {
      const placed = placedOperands(given, given.arrays(...size), size)
      const written = placed.flatMap(({ role, array }) => (CHANGED.includes(role) ? [array] : []))
      expect(new Set(Object.keys(given.outputs(...size)))).toEqual(new Set(written))
    }
  })
})

describe.each(['simd', 'portable'] as const)('%s kernels', (kind) => {
  it.each(cases.map((given) => [titleOf(given), given] as const))(
    '%s: do not look at what they are declared to write or to use as scratch',
    (_, given) => {
      for (const size of given.sizes.slice(-3)) {
        const arrays = given.arrays(...size)
        const other = changed(given, arrays, size, ['write', 'scratch'], () => Number.NaN)
        expect(results(given, size, other, kind)).toEqual(results(given, size, arrays, kind))
      }
    },
  )

  it.each(cases.map((given) => [titleOf(given), given] as const))(
    '%s: keep what lies in an array that they are declared to add to',
    (_, given) => {
      for (const size of given.sizes.slice(-3)) {
        const arrays = given.arrays(...size)
        const roles = ['add', 'gradient', 'update']
        const before = results(given, size, arrays, kind)
        const after = results(
          given,
          size,
          changed(given, arrays, size, roles, (value) => value + 1000),
          kind,
        )
        for (const { role, array, span } of placedOperands(given, arrays, size)) {
          if (!roles.includes(role)) continue
          const same = before[array].findIndex((value, i) => covers(span, i) && !(after[array][i] > value + 500))
          expect(same, array).toBe(-1)
        }
      }
    },
  )
})
