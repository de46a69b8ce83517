import { bytesOf } from './simd.js'
import { peakWasm } from './wasm.generated.js'

export const LOOPS = ['additions', 'multiplications', 'mixed'] as const
export type LoopName = (typeof LOOPS)[number]

/** Does n × 12 vector operations on sums of x in registers. */
export type RegisterLoop = (n: number, x: number) => number

/** Operations of a pass through such a loop: twelve vectors of four lanes. */
const OPERATIONS = 48
/** Passes of a call. */
const PASSES = 20_000

/**
 * What this machine can do at best with 128-bit vectors, nothing loaded or stored: assembly/peak/peak.ts.
 * @throws CompileError where the engine has no WebAssembly SIMD.
 */
export function peakLoops(): Readonly<Record<LoopName, RegisterLoop>> {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(peakWasm)))
  return instance.exports as Readonly<Record<LoopName, RegisterLoop>>
}

/** Billion multiplications and additions a second on one thread, the best of calls for so many milliseconds. */
export function peakRate(milliseconds: number): number {
  const { mixed } = peakLoops()
  let least = Number.POSITIVE_INFINITY
  for (const end = performance.now() + milliseconds; performance.now() < end; ) {
    const started = performance.now()
    mixed(PASSES, 1)
    least = Math.min(least, performance.now() - started)
  }
  return (OPERATIONS * PASSES) / least / 1e6
}
