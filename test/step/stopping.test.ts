import { UsageError } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { BestSoFar, stopping } from '#step/stopping.js'

/** The steps at which losses, one a step from 0 on, are the best so far. */
function improvements(losses: number[], minDelta = 0): number[] {
  const best = new BestSoFar(stopping({ minDelta }))
  return losses.flatMap((loss, step) => (best.improves(step, loss) ? [step] : []))
}

/** Steps left after each of these losses, one a step from 0 on. */
function patienceLeft(losses: number[], patience: number): number[] {
  const best = new BestSoFar(stopping({ patience }))
  return losses.map((loss, step) => {
    best.improves(step, loss)
    return best.patienceLeft(step)
  })
}

describe('the best loss so far', () => {
  it('is the first of equal ones', () => {
    expect(improvements([2, 2, 1, 2, 1, 1])).toEqual([0, 2])
    expect(improvements([0, -0, -3, -3])).toEqual([0, 2])
  })

  it('is beaten by the next smaller number', () => {
    expect(improvements([1, 1 - Number.EPSILON / 2, 1])).toEqual([0, 1])
  })

  it('is remembered with its step, and by neither a worse nor an equal one replaced', () => {
    const best = new BestSoFar(stopping())
    expect([best.best, best.bestStep]).toEqual([Number.POSITIVE_INFINITY, -1])
    best.improves(3, -0.5)
    for (const worse of [-0.5, 0, 7]) best.improves(4, worse)
    expect([best.best, best.bestStep]).toEqual([-0.5, 3])
  })

  it('is never NaN or infinite', () => {
    expect(improvements([Number.NaN, Number.POSITIVE_INFINITY, 5, Number.NaN, 4])).toEqual([2, 4])
  })

  it('is beaten by more than minDelta alone, counted from the best and not from the loss before', () => {
    expect(improvements([2, 1.75, 1.5, 1.25, 1, 0.75, 0.5], 0.5)).toEqual([0, 3, 6])
  })
})

describe('patience', () => {
  it('falls by one a step and is whole again at each better loss', () => {
    expect(patienceLeft([5, 6, 6, 4, 6, 6, 6], 3)).toEqual([3, 2, 1, 3, 2, 1, 0])
  })

  it('is not restored by an equal loss', () => {
    expect(patienceLeft([5, 5, 5, 5], 3)).toEqual([3, 2, 1, 0])
  })

  it('counts from step 0 where there has been no best loss', () => {
    expect(patienceLeft([Number.NaN, Number.NaN, Number.NaN], 2)).toEqual([2, 1, 0])
  })

  it('of Infinity, the default, never ends', () => {
    const best = new BestSoFar(stopping())
    best.improves(0, 1)
    expect(best.patienceLeft(100_000_000)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('stopping', () => {
  it('has no patience limit, no least difference and the best weights unless told otherwise', () => {
    const defaults = { patience: Number.POSITIVE_INFINITY, minDelta: 0, restoreBestWeights: true }
    expect(stopping()).toEqual(defaults)
    expect(stopping({ patience: 0.5, minDelta: undefined })).toEqual({ ...defaults, patience: 0.5 })
  })

  it.each([
    [{ patience: 0 }, 'stopping.patience is 0; expected a number of steps > 0.'],
    [{ patience: Number.NaN }, 'stopping.patience is NaN; expected a number of steps > 0.'],
    [{ minDelta: -1 }, 'stopping.minDelta is -1; expected a number ≥ 0.'],
    [{ restoreBestWeights: 1 }, 'stopping.restoreBestWeights is 1; expected true or false.'],
    [{ patiense: 3 }, 'stopping has no option "patiense"; it takes patience, minDelta, restoreBestWeights, after.'],
  ])('refuses %j', (options, message) => {
    expect(() => stopping(options as object)).toThrow(UsageError)
    expect(() => stopping(options as object)).toThrow(message)
  })
})
