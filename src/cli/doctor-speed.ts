import { jang } from '../data/generators/jang.js'
import { flow } from '../flow/flow.js'
import { operations } from '../flow/operations.js'
import { peakRate } from '../kernels/peak.js'
import { simdSupported } from '../kernels/simd.js'
import { logProb } from '../parallel/evaluate.js'
import { presets } from '../presets/registry.js'
import { fit } from '../train/fit.js'

/** How fast this machine trains and scores, beside what it could do at best. */
export interface Speed {
  readonly threads: number
  /** A step on the tutorial's 1024 rows. */
  readonly millisecondsPerStep: number
  readonly rowsScoredPerSecond: number
  /** Billion multiplications and additions a second from registers, of one thread; undefined without SIMD. */
  readonly peak?: number
  /** What the operations of a step, and of scored rows, would take at the peak of all threads, of what they do take. */
  readonly stepOfLimit?: number
  readonly scoreOfLimit?: number
}

const ROWS = { trained: 1024, scored: 2 ** 18 }
/** Of a fit. */
const STEPS = 500
/** So many times less is done where the portable kernels do it. */
const PORTABLE = 32
const MILLISECONDS = { peak: 300, train: 2500, score: 1500 }

/** Measures for about five seconds. */
export async function measureSpeed(threads: number): Promise<Speed> {
  const build = () => flow(2, presets.tutorial.layers(2, {}), { seed: 0 })
  const model = build()
  const less = simdSupported() ? 1 : PORTABLE
  const steps = Math.ceil(STEPS / less)
  const scored = ROWS.scored / less
  const before = simdSupported() ? peakRate(MILLISECONDS.peak) : undefined
  const points = jang(ROWS.trained, { seed: 0 })
  const perStep = await best(
    MILLISECONDS.train,
    async () => (await fit(build(), points, { steps, threads })).seconds / steps,
  )
  const { data } = jang(scored, { seed: 1 })
  const shared = new Float64Array(new SharedArrayBuffer(data.byteLength))
  shared.set(data)
  const out = new Float32Array(new SharedArrayBuffer(4 * scored))
  const perPass = await best(MILLISECONDS.score, async () => {
    const started = performance.now()
    await logProb(model, shared, { threads, out })
    return (performance.now() - started) / 1000
  })
  const rowsScoredPerSecond = scored / perPass
  const measured = { threads, millisecondsPerStep: 1000 * perStep, rowsScoredPerSecond }
  if (before === undefined) return measured
  // Clocks drift: what lay between is held to the better of two.
  const peak = Math.max(before, peakRate(MILLISECONDS.peak))
  const all = 1e9 * peak * Math.max(1, threads)
  const each = operations(model.structure)
  return {
    ...measured,
    peak,
    stepOfLimit: (each.trained * ROWS.trained) / all / perStep,
    scoreOfLimit: (each.scored * rowsScoredPerSecond) / all,
  }
}

/** The least of what is measured again and again for so long: neighbours only ever add to it. */
async function best(milliseconds: number, measure: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (const end = performance.now() + milliseconds; performance.now() < end; ) least = Math.min(least, await measure())
  return least
}
