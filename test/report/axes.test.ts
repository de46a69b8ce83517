import { describe, expect, test } from 'vitest'
import { linear, padded, quantile, sorted } from '#report/interval.js'
import { separate } from '#report/separate.js'
import { escapeXml, shorten, textWidth, wrap } from '#report/text.js'
import { ticks, twoTicks } from '#report/ticks.js'

const labels = (domain: [number, number], count: number) => {
  const { values, format } = ticks(domain, count)
  return values.map(format)
}

describe('ticks', () => {
  test.each<[[number, number], number, string[]]>([
    [[0, 1], 5, ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']],
    [[-3, 3], 3, ['−2', '0', '2']],
    [[0, 20_000], 4, ['0', '5,000', '10,000', '15,000', '20,000']],
    [[0.1, 0.32], 4, ['0.10', '0.15', '0.20', '0.25', '0.30']],
    [
      [1.7e9 - 1, 1.7e9 + 1],
      4,
      ['1,699,999,999.0', '1,699,999,999.5', '1,700,000,000.0', '1,700,000,000.5', '1,700,000,001.0'],
    ],
    [[0, 3e-12], 3, ['0', '1e−12', '2e−12', '3e−12']],
  ])('of %j, about %i: %j', (domain, count, expected) => {
    expect(labels(domain, count)).toEqual(expected)
  })

  test('lie within the domain, differ in writing, and number between half and twice what was asked for', () => {
    for (let i = 1; i < 300; i++) {
      const low = ((i * 7919) % 1000) - 500
      const domain: [number, number] = [low, low + 10 ** ((i % 23) - 11) * (1 + (i % 7))]
      if (domain[1] - domain[0] < Math.abs(low) * 1e-9) continue
      const { values, format } = ticks(domain, 6)
      const rounding = 1e-9 * (Math.abs(low) + domain[1] - domain[0])
      expect(values[0]).toBeGreaterThanOrEqual(domain[0] - rounding)
      expect(values.at(-1)).toBeLessThanOrEqual(domain[1] + rounding)
      expect(new Set(values.map(format)).size).toBe(values.length)
      expect(values.length).toBeGreaterThanOrEqual(3)
      expect(values.length).toBeLessThanOrEqual(12)
    }
  })
})

test('twoTicks finds two where about two are one', () => {
  for (const domain of [
    [170, 245],
    [2.7, 9.3],
    [-0.8, 0.9],
  ] as const) {
    expect(ticks([...domain], 2).values.length).toBe(1)
    const { length } = twoTicks([...domain], 2).values
    expect(length).toBeGreaterThanOrEqual(2)
    expect(length).toBeLessThanOrEqual(4)
  }
  expect(twoTicks([0, 1], 5)).toEqual({ ...ticks([0, 1], 5), format: expect.any(Function) })
})

describe('separate', () => {
  test('keeps order, gaps and bounds, and moves nothing without need', () => {
    expect(separate([10, 50, 90], 12, 0, 100)).toEqual([10, 50, 90])
    expect(separate([52, 50, 51], 12, 0, 100)).toEqual([74, 50, 62])
    expect(separate([99, 98, 100], 12, 0, 100)).toEqual([88, 76, 100])
  })
})

describe('text', () => {
  test('is escaped, and characters that XML cannot hold become spaces', () => {
    expect(escapeXml('a<b>&"c\'\u0000\ud800\uffff')).toBe('a&lt;b&gt;&amp;&quot;c&#39;   ')
  })

  test('is shortened to its room by an ellipsis, between whole characters', () => {
    expect(shorten('short', 100, 11)).toBe('short')
    const cut = shorten('🙂'.repeat(50), 100, 11)
    expect(cut).toMatch(/^🙂+…$/u)
    expect(textWidth(cut, 11)).toBeLessThanOrEqual(100)
  })

  test('is wrapped at spaces', () => {
    const lines = wrap('one two three four five', 60, 11)
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.join(' ')).toBe('one two three four five')
    for (const line of lines) expect(textWidth(line, 11)).toBeLessThanOrEqual(60)
  })
})

test('quantiles interpolate between sorted values and leave out what is not finite', () => {
  const values = sorted([4, Number.NaN, 1, 3, Number.POSITIVE_INFINITY, 2])
  expect([0, 0.5, 0.9, 1].map((share) => quantile(values, share))).toEqual([1, 2.5, 3.7, 4])
})

test('an interval of one value is padded to one that can be divided', () => {
  for (const value of [0, 1e-300, 5, 1.7e9, -1e12]) {
    const [low, high] = padded(value, value, 0.05)
    expect(high).toBeGreaterThan(low)
    expect(Number.isFinite(linear([low, high], 0, 100)(value))).toBe(true)
  }
})
