import {
  adamW,
  affineCoupling,
  alternatingMask,
  type Ensemble,
  encodeModel,
  type Flow,
  fit,
  fitEnsemble,
  flow,
  jang,
  memberSeed,
  TrainingError,
} from 'pushforward'
import { describe, expect, test } from 'vitest'
import { meanResult } from '#train/mean-result.js'
import { sideBySide } from '#train/side-by-side.js'

const rows = jang(300, { seed: 1 })
const layers = [0, 1, 2].map((i) => affineCoupling({ mask: alternatingMask(2, i), hidden: [4] }))
const flowsOf = (count: number): Flow[] => Array.from({ length: count }, (_, seed) => flow(2, layers, { seed }))
const options = { steps: 30, batch: 64, validation: 0.2, validationEvery: 10, seed: 3 }

describe('fitEnsemble', () => {
  test('gives the same bits for any number of threads', async () => {
    const files: Uint8Array[] = []
    for (const threads of [0, 1, 2, 3, 5]) {
      const { ensemble } = await fitEnsemble(flowsOf(3), rows, { ...options, threads })
      files.push(encodeModel(ensemble as Ensemble))
    }
    for (const file of files) expect(Buffer.compare(file, files[0])).toBe(0)
  })

  test('trains each member as fit does, with a seed of its own and the same rows held out', async () => {
    const { ensemble, results } = await fitEnsemble(flowsOf(3), rows, { ...options, threads: 0 })
    for (const [m, alone] of flowsOf(3).entries()) {
      const seed = memberSeed(3, m)
      const result = await fit(alone, rows, { ...options, seed, splitSeed: 3, threads: 0 })
      expect(results[m].losses).toEqual(result.losses)
      expect(ensemble?.members[m].parameters).toEqual(alone.parameters)
      expect([...results[m].split.validation]).toEqual([...results[0].split.validation])
    }
    expect(results[1].losses[5]).not.toBe(results[0].losses[5])
    expect([0, 2].map((m) => memberSeed(3, m))).toEqual([3, 3 + 2 ** 41])
  })

  test('tells the mean −ln p of the mixture over the rows that no member was trained on, no worse than their mean', async () => {
    const { ensemble, results, validationNll } = await fitEnsemble(flowsOf(3), rows, { ...options, threads: 2 })
    const held = [...results[0].split.validation].map((row) => [rows.get(row, 0), rows.get(row, 1)])
    const mean = (values: Iterable<number> = []) => -[...values].reduce((sum, value) => sum + value, 0) / held.length
    expect(validationNll?.mean).toBeCloseTo(mean(ensemble?.logProb(held)), 5)
    expect(validationNll?.rows).toBe(60)
    const each = ensemble?.members.map((member) => mean(member.logProb(held))) ?? []
    expect(validationNll?.mean).toBeLessThanOrEqual(each.reduce((sum, value) => sum + value, 0) / 3)
  })

  test('tells steps of all members together', async () => {
    const told: number[] = []
    const onProgress = ({ step, steps }: { step: number; steps: number }) => {
      expect(steps).toBe(90)
      told.push(step)
    }
    await fitEnsemble(flowsOf(3), rows, { ...options, threads: 0, onProgress })
    expect(told.at(-1)).toBe(90)
    expect(told).toEqual(told.toSorted((a, b) => a - b))
  })

  test('ends at an abort with the members that have taken a step', async () => {
    const stop = new AbortController()
    const { ensemble, results } = await fitEnsemble(flowsOf(3), rows, {
      ...options,
      steps: 100_000,
      threads: 0,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    })
    expect(results.map(({ stopped }) => stopped)).toEqual(['aborted', 'aborted', 'aborted'])
    expect(ensemble?.members.length).toBe(results.filter(({ steps }) => steps > 0).length)
    expect(ensemble?.members.length).toBe(1)
    const none = await fitEnsemble(flowsOf(2), rows, { ...options, signal: AbortSignal.abort() })
    expect([none.ensemble, none.validationNll]).toEqual([undefined, undefined])
  })

  test('names the member whose training diverges', async () => {
    const fitting = fitEnsemble(flowsOf(2), rows, { steps: 300, optimizer: adamW({ learningRate: 1e6 }), threads: 0 })
    await expect(fitting).rejects.toThrow(TrainingError)
    await expect(fitting).rejects.toThrow(/^Member 0 \(counted from 0\): The loss at step/)
  })

  test('refuses a flow that is a member twice, and what fit refuses', async () => {
    const [a] = flowsOf(1)
    await expect(fitEnsemble([a, a], rows, options)).rejects.toThrow(/a member twice/)
    await expect(fitEnsemble(flowsOf(2), rows, { ...options, threads: 1.5 })).rejects.toThrow(/threads is 1.5/)
    await expect(fitEnsemble(flowsOf(2), rows, { ...options, splitSeed: -1 })).rejects.toThrow(/The seed is -1/)
  })
})

test('members share the threads: one each while there are no more threads than members, else as many each', () => {
  expect(sideBySide(5, 0)).toEqual({ atOnce: 1, threads: 0 })
  expect(sideBySide(5, 2)).toEqual({ atOnce: 2, threads: 1 })
  expect(sideBySide(2, 5)).toEqual({ atOnce: 2, threads: 2 })
  expect(sideBySide(3, 3)).toEqual({ atOnce: 3, threads: 1 })
})

test('the mean of several results is that of the members still in training, and its best step that of the mean', async () => {
  const { results } = await fitEnsemble(flowsOf(2), rows, { ...options, threads: 0 })
  const [a, b] = results
  const shorter = { ...b, steps: 20, losses: b.losses.slice(0, 20), validationLosses: b.validationLosses.slice(0, 2) }
  const mean = meanResult([a, shorter], 1, 2)
  expect(mean.losses[19]).toBe((a.losses[19] + b.losses[19]) / 2)
  expect(mean.losses[20]).toBe(a.losses[20])
  expect(mean.steps).toBe(30)
  expect(mean.bestLoss).toBe(Math.min(...mean.validationLosses))
  expect(mean.validationLosses[mean.bestStep / 10]).toBe(mean.bestLoss)
})
