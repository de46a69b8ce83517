import { Ensemble, ensemble, flow, leakyReLU, nsf, UsageError } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { flowsOf, gridRows, mixtureOf } from '../fixtures/ensembles.js'

const rows = gridRows(300)

/** ln of the mean of e^l, by another way: shares in plain float64. */
const logMean = (logs: readonly number[]) => Math.log(logs.reduce((sum, l) => sum + Math.exp(l), 0) / logs.length)

describe('the log-density of an ensemble', () => {
  test.each([1, 2, 3, 5])('is the logarithm of the mean density of its %d members', (count) => {
    const mixture = mixtureOf(count)
    const own = mixture.members.map((member) => member.logProb(rows))
    mixture.logProb(rows).forEach((value, i) => {
      const expected = logMean(own.map((values) => values[i]))
      expect(Math.abs(value - expected)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected)))
    })
  })

  test('of a flow k times over is the flow itself, to the bit', () => {
    const [member] = flowsOf(1)
    expect(ensemble([member, member, member]).logProb(rows)).toEqual(member.logProb(rows))
  })

  test('stays finite where no member has a density that a double could hold', () => {
    const far = [[300, -400]]
    const mixture = mixtureOf(2, 'float64')
    const [a, b] = mixture.members.map((member) => member.logProb(far)[0])
    expect(Math.max(a, b)).toBeLessThan(-1000)
    const greater = Math.max(a, b)
    expect(mixture.logProb(far)[0]).toBeCloseTo(greater + Math.log1p(Math.exp(-Math.abs(a - b))) - Math.LN2, 9)
  })

  test('takes no notice of a member that has the row beyond its bound, and is −∞ beyond that of all', () => {
    const [near, wide] = flowsOf(2)
    near.scaler = { mean: Float64Array.of(0, 0), sd: Float64Array.of(1e-6, 1e-6) }
    const mixture = ensemble([near, wide])
    expect(near.logProb([[3, 1]])[0]).toBe(Number.NEGATIVE_INFINITY)
    expect(mixture.logProb([[3, 1]])[0]).toBeCloseTo(wide.logProb([[3, 1]])[0] - Math.LN2, 5)
    expect(mixture.score([[3, 1]]).data).toEqual(wide.score([[3, 1]]).data)
    expect(mixture.logProb([[1e9, 0]])[0]).toBe(Number.NEGATIVE_INFINITY)
    expect([...mixture.score([[1e9, 0]]).data]).toEqual([Number.NaN, Number.NaN])
  })

  test('integrates to 1', () => {
    const mixture = mixtureOf(3, 'float64')
    const side = 400
    const [reach, width] = [30, 60 / side]
    const points = new Float64Array(2 * side * side)
    for (let i = 0; i < side * side; i++) {
      points[2 * i] = ((i % side) + 0.5) * width - reach
      points[2 * i + 1] = (Math.floor(i / side) + 0.5) * width - reach
    }
    const mass = mixture.logProb(points).reduce((sum, value) => sum + Math.exp(value) * width ** 2, 0)
    expect(Math.abs(mass - 1)).toBeLessThan(2e-3)
  })
})

test('the score of an ensemble is the slope of its log-density (float64, central differences)', () => {
  const mixture = mixtureOf(3, 'float64')
  const few = rows.slice(0, 60)
  const step = 1e-5
  const { data } = mixture.score(few)
  for (const j of [0, 1]) {
    const moved = (by: number) => mixture.logProb(few.map((row) => row.map((value, c) => value + (c === j ? by : 0))))
    const [up, down] = [moved(step), moved(-step)]
    few.forEach((_, i) => {
      expect(data[2 * i + j]).toBeCloseTo((up[i] - down[i]) / (2 * step), 5)
    })
  }
})

describe('a sample of an ensemble', () => {
  const mixture = mixtureOf(4)
  const count = 4000
  const drawn = mixture.sample(count, { seed: 5 }).data
  const own = mixture.members.map((member) => member.sample(count, { seed: 5 }).data)
  const memberOf = (i: number) =>
    own.findIndex((data) => data[2 * i] === drawn[2 * i] && data[2 * i + 1] === drawn[2 * i + 1])

  test('has in row i row i of the sample of one member, each member as often as chance has it', () => {
    const shares = [0, 0, 0, 0]
    for (let i = 0; i < count; i++) {
      expect(memberOf(i), `row ${i}`).toBeGreaterThanOrEqual(0)
      shares[memberOf(i)]++
    }
    const chiSquare = shares.reduce((sum, n) => sum + (n - count / 4) ** 2 / (count / 4), 0)
    // 99.9 % of chance, three degrees of freedom.
    expect(chiSquare).toBeLessThan(16.3)
  })

  test('begins with the rows of a shorter one, and its later rows can be drawn alone', () => {
    expect(mixture.sample(37, { seed: 5 }).data).toEqual(drawn.subarray(0, 74))
    expect(mixture.sample(50, { seed: 5, firstRow: 1001 }).data).toEqual(drawn.subarray(2002, 2102))
    expect(mixture.sample(37, { seed: 6 }).data).not.toEqual(drawn.subarray(0, 74))
  })

  test('follows the density: the mean of a function over it is that over the members', () => {
    const mean = (data: Float64Array) => data.reduce((sum, value) => sum + Math.tanh(value), 0) / data.length
    const members = own.map(mean)
    expect(mean(drawn)).toBeCloseTo(members.reduce((sum, value) => sum + value, 0) / 4, 1)
  })
})

describe('an ensemble of conditional flows', () => {
  const mixture = mixtureOf(3, 'float32', 1)
  const context = rows.map(([a]) => [a / 3])

  test('has the mean of its members p(x | c), each row with its own c', () => {
    const own = mixture.members.map((member) => member.logProb(rows, { context }))
    mixture.logProb(rows, { context }).forEach((value, i) => {
      expect(value).toBeCloseTo(logMean(own.map((values) => values[i])), 4)
    })
    expect(() => mixture.logProb(rows)).toThrow('This flow is conditioned on 1 column: give { context }.')
  })

  test('draws each row given its own context, or the one for all, as a member does', () => {
    for (const given of [context, [0.4]] as const) {
      const drawn = mixture.sample(rows.length, { seed: 2, context: given }).data
      const own = mixture.members.map((member) => member.sample(rows.length, { seed: 2, context: given }).data)
      rows.forEach((_, i) => {
        expect(own.map((data) => data[2 * i])).toContain(drawn[2 * i])
        expect(own.map((data) => data[2 * i + 1])).toContain(drawn[2 * i + 1])
      })
    }
  })

  test('refuses to draw for a context beyond the bound of one of its members', () => {
    mixture.members[2].scaler.sd[2] = 1e-5
    expect(() => mixture.sample(3, { context: [100] })).toThrow(/lies over 10⁶ standard deviations away/)
  })
})

describe('an ensemble', () => {
  test('counts the parameters of all its members', () => {
    const mixture = mixtureOf(3)
    expect(mixture.parameterCount).toBe(3 * mixture.members[0].parameterCount)
    expect([mixture.dim, mixture.contextDim, mixture.precision]).toEqual([2, 0, 'float32'])
    expect(mixture).toBeInstanceOf(Ensemble)
  })

  test('may have members of different layers', () => {
    const members = [...flowsOf(1), flow(2, nsf(2, { layers: 2, hidden: [4] }))]
    const drawn = ensemble(members).sample(100, { seed: 1 }).data
    const own = members.map((member) => member.sample(100, { seed: 1 }).data)
    for (let i = 0; i < 200; i++) expect(own.map((data) => data[i])).toContain(drawn[i])
  })

  test('refuses members that are not of one kind, and none or too many', () => {
    const [a] = flowsOf(1)
    const named = flowsOf(1)[0]
    named.data = { columns: ['a', 'b'], sha256: undefined }
    expect(() => ensemble([])).toThrow('An ensemble has 1 to 64 members; got 0.')
    expect(() => ensemble(Array.from({ length: 65 }, () => a))).toThrow(UsageError)
    expect(() => ensemble([a, flow(3, [leakyReLU()])])).toThrow(
      /member 1 \(counted from 0\) has columns 3, the first one 2/,
    )
    expect(() => ensemble([a, flowsOf(1, 'float32', 1)[0]])).toThrow(/columns of context 1, the first one 0/)
    expect(() => ensemble([a, flowsOf(1, 'float64')[0] as never])).toThrow(/precision float64, the first one float32/)
    expect(() => ensemble([a, named])).toThrow(/names of columns \["a","b"\], the first one none/)
  })
})
