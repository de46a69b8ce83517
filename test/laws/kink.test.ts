import { leakyReLU } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { LawBench, ROWS, SIDES } from './bench.js'
import { bijections } from './bijections.js'
import { STEP } from './differences.js'
import { endsOf, jumps, LINES } from './jumps.js'

describe.each(bijections)('$name', (bijection) => {
  it.each(SIDES)('names a branch wherever its gradient by rows and context jumps, from %s', (from) => {
    expect(jumps(bijection, from).filter(({ named }) => !named)).toEqual([])
  })
})

describe('leakyReLU at its kink', () => {
  it.each(SIDES)('has a jump on each line that crosses 0, from %s, and on no other', (from) => {
    const given = { name: '', spec: leakyReLU(), dim: 1 }
    const [start, end] = endsOf(given, from)
    const crossing = start.input.filter((value, row) => value * end.input[row] < 0)
    expect(crossing.length).toBeGreaterThan(LINES / 4)
    expect(jumps(given, from)).toHaveLength(crossing.length)
  })

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
