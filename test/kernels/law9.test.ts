import { describe, expect, it } from 'vitest'
import { operations } from '#kernels/program.js'
import { type Case, isDirect, type Outcome, titleOf } from './case.js'
import { heldApart } from './held-apart.js'
import { type Layout, Stage } from './stage.js'
import { table } from './table.js'

const simd = new Stage('simd')
const portable = new Stage('portable')

it('the table, or a test of its own, has every declared operation; the table every kernel called outside of passes', () => {
  const tried = (direct: boolean) => new Set(table.filter((given) => isDirect(given) === direct).map((c) => c.kernel))
  const apart = Object.values(heldApart).flat()
  expect(new Set([...tried(false), ...apart])).toEqual(new Set(operations.map(({ id }) => id)))
  expect(apart.filter((name) => tried(false).has(name as never))).toEqual([])
  const contract = Object.keys(portable.kernels).filter((key) => !['name', 'heap', 'run', 'call'].includes(key))
  expect(tried(true)).toEqual(new Set(contract))
  for (const key of contract) expect(simd.kernels).toHaveProperty(key)
})

type Results = Readonly<Record<string, Float64Array>>

/** The first element out of bounds, in words. */
function firstMiss(got: Results, reference: Results, tolerances: Results): string | undefined {
  for (const [name, expected] of Object.entries(reference)) {
    for (let i = 0; i < expected.length; i++) {
      const error = got[name][i] === expected[i] ? 0 : Math.abs(got[name][i] - expected[i])
      if (error <= tolerances[name][i]) continue
      return `${name}[${i}] is ${got[name][i]}, the reference ${expected[i]}, tolerance ${tolerances[name][i]}`
    }
  }
  return undefined
}

function check(given: Case, size: readonly number[]): string[] {
  const before = given.arrays(...size)
  const reference = portable.run(given, size, before, 'aligned')
  const outcome: Outcome = { size, before, reference }
  const bounds = Object.entries(given.outputs(...size))
  const tolerances = Object.fromEntries(
    bounds.map(([name, bound]) => [name, reference[name].map((_, i) => bound.tolerance(i, outcome))]),
  )
  const reals = Object.keys(before).filter((name) => before[name] instanceof Float32Array)
  const layouts: Layout[] = ['aligned', 'unaligned', ...reals.map((atEnd) => ({ atEnd }))]
  return layouts.flatMap((layout) => {
    const miss = firstMiss(simd.run(given, size, before, layout), reference, tolerances)
    return miss ? [`(${size.join(', ')}), ${JSON.stringify(layout)}: ${miss}`] : []
  })
}

function claims({ outputs, sizes }: Case): string {
  return Object.entries(outputs(...sizes[0]))
    .map(([name, { claim }]) => `${name} ${claim}`)
    .join('; ')
}

describe('SIMD kernels agree with the reference and write nothing else', () => {
  for (const given of table) {
    it(`${titleOf(given)}: ${claims(given)}`, () => {
      expect(given.sizes.flatMap((size) => check(given, size)).slice(0, 5)).toEqual([])
    })
  }
})
