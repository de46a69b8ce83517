import { LOOPS, type LoopName, peakLoops } from '#kernels/peak.js'
import { median } from '../machine.js'

/** Nanoseconds of a call: the median of `rounds`, each long enough for the clock. */
export function nanoseconds(call: () => void, rounds = 9): number {
  for (let i = 0; i < 200; i++) call()
  let repeats = 1
  const time = () => {
    const started = performance.now()
    for (let i = 0; i < repeats; i++) call()
    return performance.now() - started
  }
  while (time() < 10) repeats *= 2
  return median(Array.from({ length: rounds }, () => (1e6 * time()) / repeats))
}

const loops = peakLoops()

/** Billion operations a second from registers, four lanes counted as four. */
export const peak: readonly [LoopName, number][] = LOOPS.map((name) => [
  name,
  (48 * 100_000) / nanoseconds(() => loops[name](100_000, 1)),
])

/** That of the mixed loop now: clocks drift, so every achievement is held to a peak of its own round. */
export const peakNow = () => (48 * 20_000) / nanoseconds(() => loops.mixed(20_000, 1), 3)
