import { describe, expect, test } from 'vitest'
import { findingsText } from '#cli/findings-text.js'

describe('samples outside the range of the rows', () => {
  type Findings = Parameters<typeof findingsText>[0]
  const of = (column: object) => {
    const whole = { name: 'year', share: 0.02, farShare: 0.001, ...column }
    const samplesOutside = { samples: 1000, share: 0.02, farShare: 0.001, columns: [whole] }
    return findingsText({ samplesOutside, nll: { train: { rows: 1000 } } } as unknown as Findings)
  }

  test('are told to a hundredth of the standard deviation: 2031 is not 2030', () => {
    expect(of({ low: 1992, high: 2014, sd: 5.2, least: 1988.437, greatest: 2031.3 })).toEqual([
      "2 % of the samples lie outside the training rows' range, 0.1 % by over 3 sd: year is 1988.44 … 2031.3 there, 1992 … 2014 in the rows.",
    ])
    expect(of({ low: 0, high: 123_456, sd: 21_000, least: -45_678.9, greatest: 123_456 })[0]).toContain(
      'year is -45700 … 123500 there, 0 … 123500 in the rows',
    )
    expect(of({ low: 0, high: 2e-9, sd: 5e-10, least: -1.2341e-9, greatest: null })[0]).toContain(
      'year is -1.234e-9 … infinite there, 0 … 2e-9 in',
    )
  })

  test('are none where no column is of numbers', () => {
    const samplesOutside = { samples: 10, share: 0, farShare: 0, columns: [] }
    expect(findingsText({ samplesOutside, nll: { train: { rows: 1000 } } } as unknown as Findings)).toEqual([])
  })
})
