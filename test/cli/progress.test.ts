import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { cutTo } from '#cli/output.js'
import { choiceView, progressView } from '#cli/progress.js'
import { choiceText, progressText, sparkline, timeText } from '#cli/progress-text.js'

const progress = {
  step: 120,
  steps: 500,
  loss: 1.23456,
  best: 1.2,
  bestStep: 100,
  patience: 80,
  rowsPerSecond: 1.234e6,
  recoveries: [],
}
const reading = { ...progress, seconds: 30 }
/** A terminal of so many columns, and what was written to it. */
function terminal(columns: number) {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns })
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => String(stream.read() ?? '') }
}

const losses = Array.from({ length: 90 }, (_, i) => Math.exp(-i / 20))

describe('progressView', () => {
  test('writes a plain line every ten seconds where there is no terminal', async () => {
    const written: string[] = []
    const stream = { write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream
    let milliseconds = 0
    const view = await progressView(stream, { now: () => milliseconds })
    for (let i = 0; i < 300; i++) {
      view.update({ ...progress, step: i + 1 })
      milliseconds += 100
    }
    view.end()
    expect(written.map((line) => line.slice(0, 12))).toEqual(['step 101/500', 'step 201/500'])
    expect(written[0].endsWith('\n')).toBe(true)
  })

  test('rewrites a line on a terminal, with what is left of a budget, and takes it away', async () => {
    const { stream, written } = terminal(120)
    const view = await progressView(stream, { now: () => 4000, deadline: 15_000 })
    view.update(progress)
    view.end()
    const text = written()
    expect(text).toMatch(/step 120\/500 .* left, 0:11 of budget /)
    // Cursor to the first column, and the line cleared.
    expect(text.endsWith('\x1b[1G\x1b[2K')).toBe(true)
  })
})

describe('choiceView', () => {
  test('rewrites what is tried and the time on a terminal, within its width, and takes it away', async () => {
    const { stream, written } = terminal(26)
    let milliseconds = 0
    const view = await choiceView(stream, 30, { now: () => milliseconds })
    view.tell('one normal')
    expect(written()).toContain('trying one normal  0:00')
    milliseconds = 3000
    view.tell('8 normals')
    await sleep(300)
    expect(written()).toMatch(/trying 8 normals {2}0:03(?! of 0:30)/)
    view.end()
    // Cursor to the first column, and the line cleared.
    expect(written().endsWith('\x1b[1G\x1b[2K')).toBe(true)
  })
})

describe('progressText', () => {
  test('tells step, loss, best, patience, rows a second and the time left', () => {
    expect(progressText(reading)).toBe('step 120/500  loss 1.2346  best 1.2000  patience 80  1.23M rows/s  1:35 left')
    expect(progressText({ ...reading, patience: Number.POSITIVE_INFINITY })).not.toContain('patience')
  })

  test('tells what is left of a budget before what may be cut off', () => {
    const text = progressText({ ...reading, patience: Number.POSITIVE_INFINITY, budgetLeft: 97 })
    expect(text).toBe('step 120/500  loss 1.2346  best 1.2000  1:35 left, 1:37 of budget  1.23M rows/s')
    expect(progressText({ ...reading, budgetLeft: 97 }, 79)).toMatch(/ {2}1:35 left, 1:37 of budget$/)
  })

  test('adds a sparkline and a bar where there is room', () => {
    expect(progressText(reading, 140, losses)).toMatch(/^━+─+ {2}step 120\/500 .* left {2}█[▁▂▃▄▅▆▇█]+▁$/)
  })

  test.each([10, 20, 34, 35, 39, 40, 60, 79, 80, 100, 119, 200])('fits into %i characters', (width) => {
    const text = progressText(reading, width, losses)
    expect(text.length).toBeLessThanOrEqual(width)
    // The step and the loss are 25 characters; 2 blanks and 8 blocks come before anything else.
    expect(/[▁▂▃▄▅▆▇█]{8}/.test(text)).toBe(width >= 35)
    if (width >= 40) expect(text).toMatch(/step 120\/500 {2}loss 1\.2346/)
    expect(text).not.toMatch(/ $/)
  })
})

test('what is tried is told with the time, and that of the budget', () => {
  expect(choiceText('8 normals', 7, 30)).toBe('trying 8 normals  0:07 of 0:30')
  expect(choiceText('2 starts', 70, undefined)).toBe('trying 2 starts  1:10')
  expect(choiceText('evaluating the model', 12, undefined, '')).toBe('evaluating the model  0:12')
  expect(choiceText('row 512 of 5000', 7, undefined, 'predicting')).toBe('predicting row 512 of 5000  0:07')
})

test('a sparkline spans its lowest to its highest stretch', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█')
  expect(sparkline([0, 0, 7, 7], 2)).toBe('▁█')
  expect(sparkline([3, 3, 3], 8)).toBe('▁▁▁')
})

test('times read as clocks', () => {
  expect([7, 90, 3725].map(timeText)).toEqual(['0:07', '1:30', '1:02:05'])
})

test('a line of a table is cut where it would wrap', () => {
  expect(cutTo('x1  continuous  −1.2 … 2.3', 26)).toBe('x1  continuous  −1.2 … 2.3')
  expect(cutTo('x1  continuous  −1.2 … 2.3', 24)).toBe('x1  continuous  −1.2 ……')
  expect(cutTo('x1  continuous', 6)).toBe('x1  c…')
  expect(cutTo('x1  continuous', 5)).toBe('x1…')
})
