// Densities and samples against each other: the mean over samples of a density of its gradient by any parameter is 0.
import { describe, expect, it } from 'vitest'
import { BaseBench, normals } from './bench.js'
import { bases } from './cases.js'

const BATCHES = 200
const ROWS = 500
/** Of a few hundred means, one beyond this is an event of one run in a thousand. */
const LIMIT = 4.6

describe.each(bases.filter(({ fixed }) => !fixed))('$name', ({ base, dim, contextDim = 0 }) => {
  it('has scores by its parameters that are 0 in the mean over its samples', () => {
    const bench = new BaseBench({ base, dim, contextDim, rows: ROWS, kernels: 'simd' })
    bench.numbers.set(normals(bench.parameters, 1).map((value, i) => bench.numbers[i] + 0.5 * value))
    const [sums, squares] = [new Float64Array(bench.parameters), new Float64Array(bench.parameters)]
    const ones = new Float64Array(ROWS).fill(1 / ROWS)
    for (let batch = 0; batch < BATCHES; batch++) {
      const context = normals(contextDim * ROWS, batch)
      const z = bench.sample(11, batch * ROWS, { context })
      bench.logProb(z, context)
      for (const [i, score] of bench.differentiate(ones).params.entries()) {
        sums[i] += score / BATCHES
        squares[i] += score ** 2 / BATCHES
      }
    }
    sums.forEach((mean, i) => {
      const error = Math.sqrt((squares[i] - mean ** 2) / BATCHES)
      expect(Math.abs(mean), `parameter ${i}, standard error ${error}`).toBeLessThanOrEqual(LIMIT * error + 1e-6)
    })
  })
})
