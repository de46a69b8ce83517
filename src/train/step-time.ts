import type { RowSource } from '../data/row-source.js'
import type { Flow } from '../flow/flow.js'
import { fit } from './fit.js'
import type { GivenRows } from './given-rows.js'
import type { FitOptions } from './options.js'
import { sideBySide } from './side-by-side.js'

/** Steps of the first of the fits that are timed, of which each is twice as long as the one before. */
const FIRST_STEPS = 4
/** They end when one lasts so much longer than the one before, or all of them have taken so long. */
const TELLING_SECONDS = 0.3
const MOST_SECONDS = 2

/**
 * Seconds that a step of such flows takes, or one of each of so many side by side: by a few fits of new flows that are soon
 * over. The difference of two leaves out what a fit begins and ends with.
 */
export async function secondsPerStep(
  rows: RowSource | GivenRows,
  make: () => Flow,
  options: FitOptions,
  members = 1,
): Promise<number> {
  const plan = members > 1 ? sideBySide(members, options.threads ?? 'auto') : { atOnce: 1, threads: options.threads }
  const timed = async (steps: number) => {
    const fits = Array.from({ length: plan.atOnce }, () =>
      fit(make(), rows, { ...options, steps, threads: plan.threads }),
    )
    return Math.max(...(await Promise.all(fits)).map(({ seconds }) => seconds))
  }
  const started = performance.now()
  // The first run starts threads and compiles what they do.
  await timed(FIRST_STEPS)
  let before = await timed(FIRST_STEPS)
  for (let steps = 2 * FIRST_STEPS; ; steps *= 2) {
    const now = await timed(steps)
    const took = now - before
    if (took >= TELLING_SECONDS || performance.now() - started > 1000 * MOST_SECONDS) {
      // Neighbours may have slowed the shorter one: never less than half of what the longer one says by itself.
      return Math.ceil(members / plan.atOnce) * Math.max((2 * took) / steps, now / (2 * steps))
    }
    before = now
  }
}
