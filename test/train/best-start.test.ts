import { adamW, bestStart, type Flow, fit, flow, memberSeed, moons, realNVP } from 'pushforward'
import { describe, expect, it } from 'vitest'

const rows = moons(400, { seed: 1 })
const seed = 5
const untrained = (m: number) => flow(2, realNVP(2, { layers: 2, hidden: [6] }), { seed: memberSeed(seed, m) })
const flowsOf = (count: number) => Array.from({ length: count }, (_, m) => untrained(m))
const options = { steps: 100, batch: 64, validation: 0.2, seed, optimizer: adamW({ learningRate: 0.01 }) }

/** The first 15 steps of 100, watched at 0, 3, 6, 9 and 12. */
async function shortFit(model: Flow, m: number) {
  const { bestLoss, logScale } = await fit(model, rows, {
    ...options,
    ...{ seed: memberSeed(seed, m), splitSeed: seed, validationEvery: 3, stopping: { after: 15 }, threads: 0 },
  })
  return bestLoss + logScale
}

describe('bestStart', () => {
  it.each([0, 1, 3])(
    'picks the flow whose first steps make held-out rows likeliest, with %i threads',
    async (threads) => {
      const flows = flowsOf(4)
      const { flow: best, index, losses } = await bestStart(flows, rows, { ...options, threads })
      const expected: number[] = []
      for (const [m, model] of flowsOf(4).entries()) expected.push(await shortFit(model, m))
      expect(losses).toEqual(expected)
      expect(new Set(expected).size).toBe(4)
      expect(index).toBe(expected.indexOf(Math.min(...expected)))
      expect(best).toBe(flows[index])
      for (const [m, model] of flows.entries()) expect(model.numbers).toEqual(untrained(m).numbers)
    },
  )

  it('goes on as the one picked would alone', async () => {
    const { flow: best, index, fit: how } = await bestStart(flowsOf(3), rows, options)
    const result = await fit(best, rows, how)
    const alone = untrained(index)
    const expected = await fit(alone, rows, { ...options, seed: memberSeed(seed, index), splitSeed: seed })
    expect(best.numbers).toEqual(alone.numbers)
    expect(result.losses).toEqual(expected.losses)
    expect(result.steps).toBe(100)
  })

  it('passes one over that diverges, and throws where all do', async () => {
    const flows = flowsOf(2)
    flows[0].parameters.fill(1e30)
    const { index, losses } = await bestStart(flows, rows, options)
    expect([index, losses[0]]).toEqual([1, Number.POSITIVE_INFINITY])
    await expect(bestStart([flows[0]], rows, options)).rejects.toThrow(/The loss at step 0 is/)
  })

  it('refuses what it cannot choose by, and ends when aborted', async () => {
    await expect(bestStart([], rows, options)).rejects.toThrow(/got no flows/)
    await expect(bestStart(flowsOf(2), rows, { steps: 9 })).rejects.toThrow(/by rows held out: set validation to 0.1/)
    await expect(bestStart(flowsOf(2), rows, { ...options, steps: 0 })).rejects.toThrow(/steps is 0/)
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(bestStart(flowsOf(2), rows, { ...options, signal })).rejects.toThrow('enough')
  })
})
