import { describe, expect, it } from 'vitest'
import { LawBench } from '../laws/bench.js'
import { relativeError } from '../laws/differences.js'
import { nflows, v, w } from './linear-golden.js'

const near = 1e-10

describe.each(nflows)('$title', ({ spec, dim, params, x, z, logDet, dx, dParams, back }) => {
  const rows = x.length
  const bench = new LawBench({ name: '', spec, dim }, { rows })
  const columns = (given: readonly (readonly number[])[]) =>
    Array.from({ length: dim * rows }, (_, i) => given[i % rows][Math.floor(i / rows)])
  const expectNear = (got: ArrayLike<number>, expected: readonly number[]) => {
    expect(got.length).toBe(expected.length)
    for (const [i, value] of expected.entries()) expect(relativeError(got[i], value), `${i}`).toBeLessThan(near)
  }

  it('has the image and log-det that nflows gives', () => {
    const there = bench.apply('x', params, columns(x), [])
    expectNear(there.output, columns(z))
    expectNear(there.logDet, Array(rows).fill(logDet))
  })

  it('has the inverse that nflows gives', () => {
    const there = bench.apply('z', params, columns(x), [])
    expectNear(there.output, columns(back))
    expectNear(there.logDet, Array(rows).fill(-logDet))
  })

  it('has the gradients that torch gives', () => {
    bench.apply('x', params, columns(x), [])
    const dz = columns(Array.from({ length: rows }, (_, t) => Array.from({ length: dim }, (_, j) => w(t * dim + j))))
    const dLogDet = Array.from({ length: rows }, (_, t) => v(t))
    const gradients = bench.differentiate('x', dz, dLogDet)
    expectNear(gradients.input, columns(dx))
    expectNear(gradients.params, dParams)
  })
})
