import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { evaluationText } from '#cli/evaluation-text.js'

const file = new URL('../fixtures/released/v4/run/evaluation.json', import.meta.url)
const evaluation = JSON.parse(await readFile(file, 'utf8'))
const gain = (mean: number) => ({ mean, standardError: 0.1, rows: 250 })
/** Of the flow over a Gaussian and over a mixture, on the rows trained on, those of the validation and of the test. */
const textOf = ([a, b, c, d, e, f]: readonly number[], width = 80) =>
  evaluationText(
    {
      ...evaluation,
      trials: undefined,
      gaussianGain: { train: gain(a), validation: gain(b), test: gain(c) },
      mixtureGain: { train: gain(d), validation: gain(e), test: gain(f) },
    },
    width,
  )

const KEY = '≈ is within noise: less than two standard errors.'

test('what ≈ means is told where there is one, whichever of the differences it marks', () => {
  const clear = [1, 1, 1, -0.25, -0.25, -0.25]
  expect(textOf(clear)).not.toContain('≈')
  for (let i = 0; i < clear.length; i++) {
    expect(textOf(clear.with(i, 0.15)).split(KEY)).toHaveLength(2)
  }
})

test('all of its sentences are broken at the width, and say what they said', () => {
  const lines = textOf([1, 1, 1, 1, 1, 1], 50).split('\n')
  expect(lines.filter((line) => line.length > 50 && !/\S {2,}\S/.test(line))).toEqual([])
  const text = lines.join(' ')
  for (const sentence of [evaluation.units, evaluation.verdict]) expect(text).toContain(sentence)
})
