import { describe, expect, it } from 'vitest'
import { draw, LawBench, type Numbers, normals, SIDES } from './bench.js'
import { bijections } from './bijections.js'

/** Not a multiple of a vector's lanes. */
const ROWS = 19

describe.each(bijections)('$name', (bijection) => {
  const { dim, key } = bijection
  const given = SIDES.map((from) => {
    const [these, others] = [10, 20].map((seed) => draw(bijection, from, seed, ROWS))
    return { from, these, others }
  })

  it.each(['portable', 'simd'] as const)(
    'leaves the same bits after other rows have gone through its memory, both ways and both ways back, by %s kernels',
    (kernels) => {
      const bench = new LawBench(bijection, { kernels, rows: ROWS, key })
      const dOutput = normals(dim * ROWS, 3)
      const dLogDet = normals(ROWS, 4)
      const pass = (from: 'x' | 'z', { params, input, context }: Numbers) => ({
        ...bench.apply(from, params, input, context),
        gradients: bench.differentiate(from, dOutput, dLogDet),
      })
      // At first memory is 0, which is what a kernel may take for granted by mistake.
      const first = given.map(({ from, these }) => pass(from, these))
      for (const { from, others } of given) pass(from, others)
      const again = given.map(({ from, these }) => pass(from, these))
      expect(again).toEqual(first)
    },
  )
})
