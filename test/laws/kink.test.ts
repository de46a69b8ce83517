import { leakyReLU } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { LawBench, ROWS } from './bench.js'
import { STEP } from './differences.js'

describe('leakyReLU at its kink', () => {
  it('has slope α below and 1 above, by one-sided differences', () => {
    const bench = new LawBench({ name: '', spec: leakyReLU(), dim: 1 })
    const raw = -0.7
    const z = (x: number) => bench.apply('x', [raw], Array(ROWS).fill(x), []).output[0]
    expect((z(STEP) - z(0)) / STEP).toBeCloseTo(1, 12)
    expect((z(0) - z(-STEP)) / STEP).toBeCloseTo(Math.exp(raw), 12)
  })

  it('has log-det ln 0.73105997 = −0.31325978 for a non-positive coordinate, twice that for two', () => {
    const bench = new LawBench({ name: '', spec: leakyReLU(), dim: 2 })
    const raw = Math.log(0.73105997)
    const { logDet } = bench.apply('x', [raw], [-1, -1, 1, 0, 2, -3, 1, -2, 1, 3], [])
    for (const [row, count] of [2, 1, 1, 1, 0].entries()) expect(logDet[row]).toBeCloseTo(count * -0.31325978, 7)
  })
})
