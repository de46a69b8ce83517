import { adamW, fit } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { crescent, recordedFlow, recording } from '../fixtures/tutorial.js'

const recipe = { steps: 5001, optimizer: adamW({ learningRate: 1e-4, weightDecay: 1e-4 }) }

/** The worst relative distance from the recorded losses, over recorded steps from `first` to `last`. */
function worst(losses: Float64Array, first: number, last: number): number {
  const steps = Object.keys(recording.losses).map(Number)
  return Math.max(
    ...steps
      .filter((step) => step >= first && step <= last)
      .map((step) => Math.abs(losses[step] / recording.losses[step] - 1)),
  )
}

describe('the tutorial flow trained on the recorded rows', () => {
  it('follows the float64 recording within 1e-9 through step 5000 on the reference kernels', async () => {
    const { losses } = await fit(recordedFlow('float64'), crescent, { ...recipe, threads: 2 })
    expect(losses).toHaveLength(5001)
    expect(worst(losses, 0, 5000)).toBeLessThan(1e-9)
  })

  it('follows it within 5e-6 through step 1000 and 2e-5 through 5000 on SIMD kernels in float32', async () => {
    const { losses, kernels } = await fit(recordedFlow('float32'), crescent, { ...recipe, kernels: 'simd', threads: 2 })
    expect(kernels).toBe('simd')
    expect(worst(losses, 0, 1000)).toBeLessThan(5e-6)
    expect(worst(losses, 2000, 5000)).toBeLessThan(2e-5)
  })

  it('has the recorded log-densities before training', () => {
    const model = recordedFlow('float64')
    const { mean, sd } = recording.scaler
    model.scaler = { mean: Float64Array.from(mean), sd: Float64Array.from(sd) }
    const shift = Math.log(sd[0]) + Math.log(sd[1])
    model.logProb(crescent.slice(0, 8)).forEach((value, i) => {
      expect(value + shift).toBeCloseTo(recording.initialLogProbOfFirstRows[i], 12)
    })
  })
})
