import { spawnSync } from 'node:child_process'
import { adamW, type Flow, fit, flow, jang, logProb, sample, TrainingError, UsageError } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { endIdleThreads, runRanks, withCrew } from '#parallel/pool.js'
import { createControl } from '#parallel/shared-communicator.js'
import { tutorialLayers } from '../fixtures/tutorial.js'

const broken = new URL('broken-worker.mjs', import.meta.url).href
const missing = new URL('no-such-worker.mjs', import.meta.url).href

/** Runs a job of two ranks on another worker file, and how long it took to fail. */
async function failure(name: string, worker: string): Promise<{ error: Error; milliseconds: number }> {
  const control = createControl()
  let started = 0
  try {
    await withCrew(
      2,
      undefined,
      (crew) => {
        started = performance.now()
        return runRanks(crew, control, name, (rank) => ({ control, rank, size: 2 }))
      },
      worker,
    )
  } catch (error) {
    return { error: error as Error, milliseconds: performance.now() - started }
  }
  throw new Error('The job did not fail.')
}

describe('a job ends with a clear error within 2 s when a thread', () => {
  it.each([
    ['throws', 'throwing', broken, /Thread 2 of 2 failed: rank 1 has had enough/],
    ['exits', 'exiting', broken, /Thread 2 of 2 failed: worker exited with code: 3/],
    ['throws beside one that hears nothing', 'deaf', broken, /Thread 2 of 2 failed: rank 1 has had enough/],
    ['fails to load', 'anything', missing, /Thread \d of 2 failed: .*no-such-worker/],
  ])('%s', async (_, name, worker, message) => {
    // The threads themselves start in the time measured, which a busy machine may stretch; the promise is 2 s from
    // the failure on, and starting takes a tenth of that.
    const { error, milliseconds } = await failure(name, worker)
    expect(error.message).toMatch(message)
    expect(milliseconds).toBeLessThan(2000)
  })

  it('and the pool works afterwards', async () => {
    const { steps } = await fit(flow(2, tutorialLayers(1)), jang(300), { steps: 5, threads: 2 })
    expect(steps).toBe(5)
  })
})

describe('threads that wait for the next job', () => {
  const naming = new URL('naming-worker.mjs', import.meta.url).href
  const threadIds = (during?: () => Promise<void>) =>
    withCrew(
      2,
      undefined,
      async (crew) => {
        await during?.()
        const control = createControl()
        const ids = await runRanks<number>(crew, control, 'name', (rank) => ({ control, rank, size: 2 }))
        return ids.sort((a, b) => a - b)
      },
      naming,
    )

  it('get it, and can be ended before it comes, but not beside a job', async () => {
    const first = await threadIds()
    expect(await threadIds()).toEqual(first)
    expect(await threadIds(endIdleThreads)).toEqual(first)
    await endIdleThreads()
    const others = await threadIds()
    expect(others.filter((id) => first.includes(id))).toEqual([])
    // A job that comes while they are being ended gets new ones at once.
    const [, later] = await Promise.all([endIdleThreads(), threadIds()])
    expect(later.filter((id) => others.includes(id))).toEqual([])
  })
})

describe('jobs beside each other', () => {
  it('all finish: two fits, and a logProb and a sample beside them', async () => {
    const models = [1, 2].map((seed) => flow(2, tutorialLayers(), { seed }))
    const rows = jang(1024)
    const [a, b, density, drawn] = await Promise.all([
      fit(models[0], rows, { steps: 300, threads: 2 }),
      fit(models[1], rows, { steps: 300, threads: 3 }),
      logProb(models[0], jang(100_000), { threads: 2 }),
      sample(models[0], 100_000, { threads: 2 }),
    ])
    expect([a.steps, b.steps, density.length, drawn.shape[0]]).toEqual([300, 300, 100_000, 100_000])
  })

  it('all finish where the calling thread comes late to what is done', async () => {
    const model = flow(2, tutorialLayers(), { seed: 42 })
    const rows = jang(40_000, { seed: 0 })
    const expected = model.logProb(rows)
    /** Longer than a chunk takes, so that a thread's slots are all done when the caller looks. */
    const onProgress = () => {
      for (const end = performance.now() + 6; performance.now() < end; );
    }
    const jobs = Array.from({ length: 12 }, (_, i) => logProb(model, rows, { threads: 1 + (i % 4), onProgress }))
    for (const values of await Promise.all(jobs)) expect(values).toEqual(expected)
  })

  it('refuse a second fit of one model, and read the old weights meanwhile', async () => {
    const model = flow(2, tutorialLayers())
    const rows = jang(1024)
    const before = model.parameters.slice()
    const first = fit(model, rows, { steps: 200, threads: 1 })
    await expect(fit(model, rows)).rejects.toThrow('being trained already')
    expect(model.parameters).toEqual(before)
    await first
    expect(model.parameters).not.toEqual(before)
  })
})

describe('an abort', () => {
  async function aborted(threads: number): Promise<{ model: Flow; result: Awaited<ReturnType<typeof fit>> }> {
    const model = flow(2, tutorialLayers(), { seed: 4 })
    const stop = new AbortController()
    const result = await fit(model, jang(1024), {
      steps: 1_000_000,
      threads,
      signal: stop.signal,
      onProgress: ({ step }) => step > 50 && stop.abort(),
    })
    return { model, result }
  }

  it.each([0, 2])('of a fit commits the best weights so far (%i threads)', async (threads) => {
    const { model, result } = await aborted(threads)
    expect(result.stopped).toBe('aborted')
    expect(result.losses).toHaveLength(result.steps)
    expect(result.bestLoss).toBe(Math.min(...result.losses))
    // The committed weights are those of the best step: their loss is the best loss, to float32's rounding.
    expect(model.nll(jang(1024)).nll - result.logScale).toBeCloseTo(result.bestLoss, 5)
  })

  it('before the start does nothing and says so', async () => {
    const { steps, stopped } = await fit(flow(2, tutorialLayers()), jang(100), {
      threads: 1,
      signal: AbortSignal.abort(),
    })
    expect([steps, stopped]).toEqual([0, 'aborted'])
  })

  it('of a logProb or a sample rejects with the reason', async () => {
    const model = flow(2, tutorialLayers())
    const stop = new AbortController()
    const reason = new Error('changed my mind')
    const run = sample(model, 3_000_000, { threads: 2, signal: stop.signal, onProgress: () => stop.abort(reason) })
    await expect(run).rejects.toBe(reason)
    await expect(logProb(model, jang(10), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('a loss that is not finite', () => {
  it.each([0, 2])('ends the run with the step named and good weights committed (%i threads)', async (threads) => {
    const model = flow(2, tutorialLayers(), { seed: 1 })
    const run = fit(model, jang(200), { steps: 500, threads, optimizer: adamW({ learningRate: 1e4 }) })
    const error = await run.then(
      () => undefined,
      (e) => e,
    )
    expect(error).toBeInstanceOf(TrainingError)
    expect(error.message).toContain(`The loss at step ${error.step} is`)
    expect(error.step).toBeGreaterThan(0)
    expect(Number.isFinite(model.nll(jang(200)).nll)).toBe(true)
  })
})

it('progress arrives about ten times a second, with what was promised', async () => {
  const seen: number[] = []
  const started = performance.now()
  await fit(flow(2, tutorialLayers()), jang(1024), {
    steps: 6000,
    threads: 1,
    onProgress: ({ step, loss, best, bestStep, patience, rowsPerSecond }) => {
      seen.push(step)
      expect(best).toBeLessThanOrEqual(loss)
      expect(bestStep).toBeLessThan(step)
      expect(patience).toBe(Number.POSITIVE_INFINITY)
      expect(rowsPerSecond).toBeGreaterThan(0)
    },
  })
  const seconds = (performance.now() - started) / 1000
  expect(seen.at(-1)).toBe(6000)
  expect(seen.length).toBeLessThan(12 * seconds + 3)
})

it('nothing keeps the process alive once the work is done', () => {
  const script = `
    import { fit, flow, jang, sample, affineCoupling } from 'pushforward'
    const model = flow(2, [affineCoupling({ mask: [1, 0] })])
    await fit(model, jang(100), { steps: 3, threads: 2 })
    await sample(model, 10, { threads: 1 })
    console.log('done')`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 8000,
  })
  expect(stdout).toBe('done\n')
  expect(status).toBe(0)
})

it('patience ends only where a validation was, and 64 threads make no noise', async () => {
  const warnings: Error[] = []
  const listen = (warning: Error) => warnings.push(warning)
  process.on('warning', listen)
  const { steps, bestStep, stopped, validationLosses } = await fit(flow(2, tutorialLayers(1)), jang(300), {
    steps: 100,
    threads: 64,
    validation: 0.3,
    validationEvery: 7,
    stopping: { patience: 5 },
    // Large enough for the first update to be the worst.
    optimizer: adamW({ learningRate: 0.5 }),
  })
  await new Promise((resolve) => setTimeout(resolve, 0))
  process.off('warning', listen)
  expect(warnings).toEqual([])
  expect(stopped).toBe('patience')
  expect((steps - 1) % 7).toBe(0)
  expect(validationLosses.indexOf(Math.min(...validationLosses)) * 7).toBe(bestStep)
})

it.each([-1, 1.5, 1000, 'many'])('threads: %j is refused before any work', async (threads) => {
  await expect(fit(flow(2, tutorialLayers(1)), jang(10), { threads: threads as number })).rejects.toThrow(UsageError)
})
