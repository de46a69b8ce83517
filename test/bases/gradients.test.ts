import { describe, expect, it } from 'vitest'
import { centralDifference, relativeError } from '../laws/differences.js'
import { BaseBench, normals } from './bench.js'
import { bases, type Case } from './cases.js'

const TOLERANCE = 1e-6

/** Parameters drawn around where they start: wider, and differences have no six digits left. */
function setting({ base, dim, contextDim = 0 }: Case) {
  const bench = new BaseBench({ base, dim, contextDim })
  const params = normals(bench.parameters, 1).map((value, i) => bench.numbers[i] + 0.7 * value)
  bench.numbers.set(params)
  const z = normals(dim * bench.rows, 2).map((value) => 2 * value)
  const context = normals(contextDim * bench.rows, 3)
  const weights = normals(bench.rows, 4)
  const total = () => bench.logProb(z, context).reduce((sum, value, t) => sum + weights[t] * value, 0)
  /** Σ weights·ln p by one of the numbers in `array`. */
  const by = (array: Float32Array | Float64Array, i: number) => {
    const before = array[i]
    const difference = centralDifference(before, (value) => {
      array[i] = value
      return { value: total(), branch: '' }
    })
    array[i] = before
    return difference as number
  }
  bench.logProb(z, context)
  return { bench, z, context, weights, by, gradients: bench.differentiate(weights) }
}

describe.each(bases)('$name', (given) => {
  it('has the gradients of finite differences for z, parameters and context', () => {
    const { bench, z, context, by, gradients } = setting(given)
    z.forEach((_, i) => {
      expect(relativeError(gradients.z[i], by(z, i)), `z ${i}`).toBeLessThan(TOLERANCE)
    })
    context.forEach((_, i) => {
      expect(relativeError(gradients.context[i], by(context, i)), `context ${i}`).toBeLessThan(TOLERANCE)
    })
    gradients.params.forEach((value, i) => {
      expect(relativeError(value, by(bench.numbers, i)), `parameter ${i}`).toBeLessThan(TOLERANCE)
    })
    expect(bench.parameters > 0).toBe(!given.fixed)
  })

  it('has gradients that are not 0 by any parameter or context', () => {
    const { bench, gradients } = setting(given)
    if (given.name === 'gaussianMixture, 1 component') expect(gradients.params[0]).toBe(0)
    const free = given.name === 'gaussianMixture, 1 component' ? gradients.params.slice(1) : gradients.params
    expect([...free].filter((value) => value === 0)).toEqual([])
    expect([...gradients.context].filter((value) => value === 0)).toEqual([])
    expect(gradients.params).toHaveLength(bench.parameters)
  })

  it.each(['portable', 'simd'] as const)('leaves exactly 0 where the weight is 0, whatever z is (%s)', (kernels) => {
    const { base, dim, contextDim = 0 } = given
    const one = new BaseBench({ base, dim, contextDim, kernels })
    const context = normals(contextDim * one.rows, 3)
    const z = normals(dim * one.rows, 2)
    one.logProb(z, context)
    const weights = [0, 0.5, 0, -1, 0]
    const plain = one.differentiate(weights)
    const wild = z.map((value, i) => ([0, 2, 4].includes(i % 5) ? [Infinity, -1e38, 1e6, -Infinity][i % 4] : value))
    one.logProb(wild, context)
    const gradients = one.differentiate(weights)
    expect(gradients).toEqual(plain)
    for (let i = 0; i < z.length; i++) if (i % 5 === 0 || i % 5 === 2) expect(gradients.z[i]).toBe(0)
  })
})
