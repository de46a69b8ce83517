import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'
import { median } from '../machine.js'

const LOOPS = ['additions', 'multiplications', 'mixed'] as const
type LoopName = (typeof LOOPS)[number]
type Loop = (n: number, x: number) => number

/** The loops of peak/peak.ts. */
async function compile(): Promise<Record<LoopName, Loop>> {
  const folder = mkdtempSync(join(tmpdir(), 'pushforward-peak-'))
  try {
    const out = join(folder, 'peak.wasm')
    const baseDir = fileURLToPath(new URL('../../../bench/limit/peak', import.meta.url))
    const options = ['--runtime', 'stub', '-O3', '--noAssert', '--enable', 'simd']
    const { error, stderr } = await asc.main(['peak.ts', '--baseDir', baseDir, '--outFile', out, ...options])
    if (error) throw new Error(stderr.toString())
    const { instance } = await WebAssembly.instantiate(readFileSync(out), {})
    return instance.exports as Record<LoopName, Loop>
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

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

const loops = await compile()

/** Billion operations a second from registers, four lanes counted as four. */
export const peak: readonly [LoopName, number][] = LOOPS.map((name) => [
  name,
  (48 * 100_000) / nanoseconds(() => loops[name](100_000, 1)),
])

/** That of the mixed loop now: clocks drift, so every achievement is held to a peak of its own round. */
export const peakNow = () => (48 * 20_000) / nanoseconds(() => loops.mixed(20_000, 1), 3)
