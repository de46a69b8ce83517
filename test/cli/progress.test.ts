import { describe, expect, test } from 'vitest'
import { progressView } from '#cli/progress.js'
import { progressText, sparkline, timeText } from '#cli/progress-text.js'

const progress = {
  step: 120,
  steps: 500,
  loss: 1.23456,
  best: 1.2,
  bestStep: 100,
  patience: 80,
  rowsPerSecond: 1.234e6,
}
const reading = { ...progress, seconds: 30 }
const losses = Array.from({ length: 90 }, (_, i) => Math.exp(-i / 20))

describe('progressView', () => {
  test('writes a plain line every ten seconds where there is no terminal', async () => {
    const written: string[] = []
    const stream = { write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream
    let milliseconds = 0
    const view = await progressView(stream, () => milliseconds)
    for (let i = 0; i < 300; i++) {
      view.update({ ...progress, step: i + 1 })
      milliseconds += 100
    }
    view.end()
    expect(written.map((line) => line.slice(0, 12))).toEqual(['step 101/500', 'step 201/500'])
    expect(written[0].endsWith('\n')).toBe(true)
  })
})

describe('progressText', () => {
  test('tells step, loss, best, patience, rows a second and the time left', () => {
    expect(progressText(reading)).toBe('step 120/500  loss 1.2346  best 1.2000  patience 80  1.23M rows/s  1:35 left')
    expect(progressText({ ...reading, patience: Number.POSITIVE_INFINITY })).not.toContain('patience')
  })

  test('adds a sparkline and a bar where there is room', () => {
    expect(progressText(reading, 140, losses)).toMatch(/^━+─+ {2}step 120\/500 .* left {2}█[▁▂▃▄▅▆▇█]+▁$/)
  })

  test.each([10, 20, 39, 40, 60, 79, 80, 100, 119, 200])('fits into %i characters', (width) => {
    const text = progressText(reading, width, losses)
    expect(text.length).toBeLessThanOrEqual(width)
    if (width >= 40) expect(text).toMatch(/step 120\/500 {2}loss 1\.2346/)
    expect(text).not.toMatch(/ $/)
  })
})

test('a sparkline spans its lowest to its highest stretch', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█')
  expect(sparkline([0, 0, 7, 7], 2)).toBe('▁█')
  expect(sparkline([3, 3, 3], 8)).toBe('▁▁▁')
})

test('times read as clocks', () => {
  expect([7, 90, 3725].map(timeText)).toEqual(['0:07', '1:30', '1:02:05'])
})
