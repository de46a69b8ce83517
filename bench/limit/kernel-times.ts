import { callAt } from '#flow/operations.js'
import type { Offset } from '#kernels/heap.js'
import type { Kernels } from '#kernels/kernels.js'
import { median } from '../machine.js'
import { peakNow } from './register-loops.js'

const ROUNDS = 9
/** Times that a call is repeated, so that the clock does not count. */
const REPEATS = 64
/** The longest call there is, in words. */
const WORDS = 32

/** Room in the heap that `kernelTimes` needs, in ints. */
export const PROGRAM_WORDS = REPEATS * WORDS

/** Of all calls of a kernel in a pass. */
export interface KernelTime {
  readonly name: string
  readonly calls: number
  readonly operations: number
  readonly ns: number
  /** Achieved ÷ limit. */
  readonly share: number
}

/**
 * What each kernel takes of the recorded passes that `pass` runs: every call repeated where it stands, by the same
 * `run`, with what it works on in the cache; medians of rounds, the longest first.
 */
export function kernelTimes(kernels: Kernels, program: Offset, pass: (kernels: Kernels) => void): KernelTime[] {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = peakNow()
    const times = roundOf(kernels, program, pass)
    return { times, peak: (before + peakNow()) / 2 }
  })
  const names = [...rounds[0].times.keys()]
  const kernelTime = (name: string): KernelTime => {
    const of = rounds.map(({ times, peak }) => ({ ...(times.get(name) as Tally), peak }))
    const [{ calls, operations }] = of
    const share = median(of.map(({ ns, peak }) => operations / ns / peak))
    return { name, calls, operations, share, ns: median(of.map(({ ns }) => ns)) }
  }
  return names.map(kernelTime).sort((a, b) => b.ns - a.ns)
}

interface Tally {
  calls: number
  operations: number
  ns: number
}

function roundOf(kernels: Kernels, program: Offset, pass: (kernels: Kernels) => void): Map<string, Tally> {
  const { i32, real } = kernels.heap
  const tallies = new Map<string, Tally>()
  function run(from: Offset, end: Offset, gradient: Offset): void {
    for (let at = from; at < end; ) {
      const { name, next, operations } = callAt(i32, at)
      const words = i32.slice(at, next)
      for (let i = 0; i < REPEATS; i++) i32.set(words, program + i * words.length)
      const repeated = () => kernels.run(program, program + REPEATS * words.length, gradient)
      // What a call makes of its own result, time and again, might at last be too small or large to be as fast.
      const before = real.slice()
      repeated()
      real.set(before)
      const started = performance.now()
      repeated()
      const ns = (1e6 * (performance.now() - started)) / REPEATS
      real.set(before)
      kernels.run(program, program + words.length, gradient)
      const tally = tallies.get(name) ?? { calls: 0, operations: 0, ns: 0 }
      tally.calls++
      tally.operations += operations
      tally.ns += ns
      tallies.set(name, tally)
      at = next
    }
  }
  pass({ ...kernels, run })
  return tallies
}
