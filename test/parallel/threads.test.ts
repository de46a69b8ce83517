import { affineCoupling, fit, flow, jang, logProb } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { cores } from '#parallel/cores.js'
import { estimatedMilliseconds, resolveThreads, threadsOfAll } from '#parallel/threads.js'
import { tutorialLayers } from '../fixtures/tutorial.js'

const tutorial = () => flow(2, tutorialLayers(), { seed: 1 })
const { length: parameters } = tutorial().parameters

describe("threads: 'auto'", () => {
  it.each([
    ['one step on 1024 rows', 1024, 0],
    ['a thousand steps on 1024 rows', 1024 * 1000, 0],
    ['the tutorial, 50 000 steps on 1024 rows', 1024 * 50_000, cores()],
    ['ten million densities', 1e7, cores()],
  ])('takes as many threads for %s as are worth starting', (_, rows, threads) => {
    expect(resolveThreads('auto', 256, estimatedMilliseconds(parameters, rows, 'simd'))).toBe(threads)
  })

  it('takes no more threads than there are parts, and one at least', () => {
    expect([0, 1].map((parts) => resolveThreads('auto', parts, 1e6))).toEqual([1, 1])
  })

  it('starts threads sooner for the portable kernels, which are slower', () => {
    const rows = 1024 * 200
    expect(resolveThreads('auto', 1, estimatedMilliseconds(parameters, rows, 'simd'))).toBe(0)
    expect(resolveThreads('auto', 1, estimatedMilliseconds(parameters, rows, 'portable'))).toBe(1)
  })

  it('counts the columns of a flow that has hardly any parameters', () => {
    expect(resolveThreads('auto', 1, estimatedMilliseconds(0, 1e8, 'simd'))).toBe(1)
  })

  it('leaves a number as it is, however small the job', () => {
    expect([0, 3].map((threads) => resolveThreads(threads, 1, 0))).toEqual([0, 3])
    expect(threadsOfAll(3, tutorial(), 1)).toBe(3)
  })

  it('decides for several calls by the rows of all', () => {
    expect([1e5, 1e8].map((rows) => threadsOfAll('auto', tutorial(), rows))).toEqual([0, cores()])
  })

  it('of a short fit reports, stops and aborts on the calling thread', async () => {
    const stop = new AbortController()
    const { threads, stopped } = await fit(tutorial(), jang(64), {
      steps: 20_000,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    })
    expect([threads, stopped]).toEqual([0, 'aborted'])
    const patient = await fit(flow(2, [affineCoupling({ mask: [1, 0] })]), jang(64), {
      steps: 20_000,
      stopping: { patience: 3 },
      validation: 0.5,
    })
    expect([patient.threads, patient.stopped]).toEqual([0, 'patience'])
  })

  it('of a short logProb leaves the calling thread its turns', async () => {
    const model = tutorial()
    const seen: number[] = []
    await logProb(model, jang(200_000), { onProgress: ({ rows }) => seen.push(rows) })
    // 66 tiles of 496 rows: 2¹⁶ numbers at most.
    expect(seen).toEqual([32_736, 65_472, 98_208, 130_944, 163_680, 196_416, 200_000])
  })
})
