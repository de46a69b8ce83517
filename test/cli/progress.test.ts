import { describe, expect, test } from 'vitest'
import { progressText } from '#cli/evaluation-text.js'
import { progressLine } from '#cli/progress.js'

/** A stream that keeps what is written. */
function stream(properties: { isTTY?: boolean; columns?: number }) {
  const written: string[] = []
  const write = (text: string) => written.push(text) > 0
  return { written, stream: { ...properties, write } as unknown as NodeJS.WriteStream }
}

describe('progressLine', () => {
  test('rewrites one line in place on a terminal, cut to its width', () => {
    const { written, stream: terminal } = stream({ isTTY: true, columns: 11 })
    const line = progressLine(terminal)
    line.update('step 1')
    line.update('step 123456789')
    line.end()
    expect(written.join('')).toBe('\rstep 1\x1b[K\rstep 12345\x1b[K\n')
  })

  test('writes a plain line every ten seconds elsewhere', () => {
    const { written, stream: file } = stream({})
    let milliseconds = 0
    const line = progressLine(file, () => milliseconds)
    for (let i = 0; i < 300; i++) {
      line.update(`at ${milliseconds}`)
      milliseconds += 100
    }
    line.end()
    expect(written).toEqual(['at 10000\n', 'at 20000\n'])
  })
})

test('progress shows step, loss, best and patience', () => {
  const progress = { step: 120, steps: 500, loss: 1.23456, best: 1.2, bestStep: 100, patience: 80, rowsPerSecond: 1e6 }
  expect(progressText(progress)).toBe('step 120/500  loss 1.2346  best 1.2000  patience 80')
  expect(progressText({ ...progress, patience: Number.POSITIVE_INFINITY })).toMatch(/patience off$/)
})
