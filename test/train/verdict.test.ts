import { describe, expect, test } from 'vitest'
import type { Evaluation } from '#train/figures.js'
import { verdict } from '#train/verdict.js'

const figure = (mean: number | null, standardError: number | null, rows = 1000) => ({ mean, standardError, rows })
const column = { name: 'x', low: 0, high: 1, sd: 1, least: 0, greatest: 1, share: 0, farShare: 0 }

const evaluation: Evaluation = {
  nll: { train: figure(2, 0.01), validation: figure(2.01, 0.02, 200), test: figure(2.02, 0.02, 300) },
  nllStandardised: { train: figure(2, 0.01) },
  quartiles: { train: [1, 2, 3] },
  gaussianBaseline: { train: figure(3, 0.01) },
  gaussianGain: { train: figure(1, 0.01), validation: figure(0.9, 0.02), test: figure(0.4123, 0.0123) },
  mixtureBaseline: { components: 6, train: figure(2, 0.01) },
  mixtureGain: { train: figure(0.1, 0.01), validation: figure(0.1, 0.02), test: figure(-0.01, 0.02) },
  worstRoundTrip: 1e-6,
  samplesOutside: { samples: 100, share: 0, farShare: 0, columns: [column, column] },
  losses: {
    ...{ steps: 5000, stopped: 'steps', first: 3, last: 2, best: 2, bestStep: 4999, logScale: 0 },
    untrained: false,
    stillFalling: false,
  },
}
const { train, validation } = evaluation.nll
const falling = { ...evaluation.losses, stillFalling: true }

describe('the verdict', () => {
  test('is one sentence: how much better on the test, whether the loss still fell, whether rows are enough', () => {
    expect(verdict(evaluation)).toBe(
      'On 300 test rows the flow is better than a single Gaussian by 0.412 ± 0.012 nats a row and level with a mixture of 6 Gaussians (worse by 0.010 ± 0.020, within noise); its loss no longer fell; the rows are enough.',
    )
  })

  test('is on fresh rows before those of the test, on those held out after them, and on those trained on last', () => {
    const freshNll = figure(2, 0.01, 100_000)
    const gaussianGain = { ...evaluation.gaussianGain, train: figure(1, 0.01), fresh: figure(-0.5, 0.01) }
    expect(verdict({ ...evaluation, freshNll, gaussianGain })).toMatch(
      /^On 100000 fresh rows the flow is worse than a single Gaussian by 0\.500 ± 0\.010/,
    )
    expect(verdict({ ...evaluation, nll: { train, validation } })).toMatch(
      /^On 200 validation rows, which chose its weights, the flow is better than a single Gaussian by 0\.900/,
    )
    expect(verdict({ ...evaluation, nll: { train } })).toMatch(
      /^On the 1000 rows it was trained on, which flatter it, .* only rows held out could tell whether there are enough\.$/,
    )
    expect(verdict({ ...evaluation, nll: { train, validation, test: figure(null, null, 0) } })).toMatch(/^On 200 val/)
  })

  test('does not call rounding a difference', () => {
    const gaussianGain = { train: figure(0, 0), test: figure(-2e-6, 1e-7) }
    const mixtureGain = { train: figure(0, 0), test: figure(-3e-5, 1e-6) }
    expect(verdict({ ...evaluation, gaussianGain, mixtureGain })).toBe(
      'On 300 test rows the flow is the same as a single Gaussian and the same as a mixture of 6 Gaussians; its loss no longer fell; the rows are enough.',
    )
    expect(verdict({ ...evaluation, gaussianGain: { train: figure(0, 0), test: figure(-6e-5, 1e-6) } })).toContain(
      'worse than a single Gaussian by 0.0001 ± 0.0000',
    )
  })

  test('says that steps ran out while the loss fell, and what to do', () => {
    expect(verdict({ ...evaluation, losses: falling }, { moreSteps: 'a longer --budget' })).toContain(
      '; its loss was still falling when the steps ran out: give it a longer --budget; ',
    )
    const stopped = { ...falling, stopped: 'aborted' } as const
    expect(verdict({ ...evaluation, losses: stopped })).toContain('still falling when it was interrupted; ')
    const short = { ...falling, steps: 1, stillFalling: null }
    expect(verdict({ ...evaluation, losses: short })).toContain('; 1 step is too few to tell whether')
  })

  test.each([
    [{ nll: { train, test: figure(2.5, 0.02, 300) } }, 'the rows trained on are likelier by 0.50, and more of them'],
    [{ nll: { train, test: figure(2.5, 0.2, 300) } }, 'the rows are enough.'],
    [{ nll: { train, test: figure(2, 0.2, 29) } }, '29 rows tell little.'],
    [{ nll: { train: figure(2, 0.1, 19), test: figure(2, 0.1, 90) } }, '19 rows are few to train on.'],
    [{ gaussianGain: { train, test: figure(0.01, 0.02) } }, 'more rows are needed to tell.'],
  ])('says whether the rows are enough: %#', (change, text) => {
    expect(verdict({ ...evaluation, ...change })).toContain(`; ${text}`)
  })

  test('has words where there is no Gaussian, a density of 0, a context, or a single row', () => {
    expect(verdict({ ...evaluation, gaussianGain: null })).toContain('flow has no Gaussian to be compared with')
    expect(verdict({ ...evaluation, nll: { train, test: figure(null, null) } })).toContain('gives a row density 0')
    const given = { ...evaluation, leftOut: 'p(x | c)', mixtureGain: undefined }
    expect(verdict(given)).toContain('better than the conditional Gaussian by 0.412 ± 0.012 nats a row; its')
    const one = { nll: { train, test: figure(1, null, 1) }, gaussianGain: { train, test: figure(0.666, null, 1) } }
    expect(verdict({ ...evaluation, ...one })).toMatch(
      /^On 1 test row the flow is level with a single Gaussian \(better by 0\.67 nats a row, within noise\).*; 1 row tells little\.$/,
    )
  })

  test('is by cross-validation where no rows were held out, with the noise of five values', () => {
    const tried = (gain: number, steps: number) => ({
      ...{ name: '2 normals', steps, triedFor: 100, nll: figure(2.02, 0.05), gaussianGain: figure(gain, 0.05) },
    })
    const trials = (gain: number, steps: number) => ({ folds: 5, flows: [tried(gain, steps)], chosen: '2 normals' })
    const few = { ...evaluation, nll: { train } }
    expect(verdict({ ...few, trials: trials(0.15, 50) })).toBe(
      'By 5-fold cross-validation the flow is better than a single Gaussian by 0.150 ± 0.050 nats a row; it was trained for as long as that made rows that are left out likelier; the rows are enough.',
    )
    // 2.78 standard errors: Student's t with four degrees of freedom.
    expect(verdict({ ...few, trials: trials(0.13, 95) })).toMatch(
      /is level with a single Gaussian \(better by 0\.130 ± 0\.050 nats a row, within noise\); rows that are left out were likeliest behind all of the 100 steps tried; more rows are needed to tell\.$/,
    )
    expect(verdict({ ...evaluation, trials: trials(0.15, 50) })).toMatch(/^On 300 test rows the flow/)
    const members = { ...few, members: 3, trials: trials(0.15, 50) }
    expect(verdict(members)).toMatch(/^By 5-fold cross-validation a member of the ensemble is better/)
  })

  test('says that nothing needed training, and of an ensemble that it is one', () => {
    const untrained = { ...evaluation, losses: { ...falling, steps: 1, untrained: true, stillFalling: null } }
    expect(verdict(untrained)).toContain(' within noise); nothing needed training; the rows')
    expect(verdict({ ...evaluation, members: 3 })).toMatch(/^On 300 test rows the ensemble is better/)
  })
})
