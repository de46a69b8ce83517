// Speed of light: what the operations of kernels, a training step, a scored and a sampled row would take if this machine did
// nothing but multiply and add in registers, beside what they do take.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'
import { affineCoupling, alternatingMask, type Flow, fit, flow, jang, leakyReLU, logProb, sample } from 'pushforward'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena, NONE } from '#kernels/heap.js'
import { machine, median, table } from './machine.js'
import { COST, operations } from './operations.js'

type Loop = (n: number, x: number) => number

/** The register loops of peak/peak.ts. */
async function registerLoops(): Promise<Record<'additions' | 'multiplications' | 'mixed', Loop>> {
  const folder = mkdtempSync(join(tmpdir(), 'pushforward-peak-'))
  try {
    const out = join(folder, 'peak.wasm')
    const baseDir = fileURLToPath(new URL('../../bench/peak', import.meta.url))
    const args = [
      'peak.ts',
      '--baseDir',
      baseDir,
      '--outFile',
      out,
      '--runtime',
      'stub',
      '-O3',
      '--noAssert',
      '--enable',
      'simd',
    ]
    const { error, stderr } = await asc.main(args)
    if (error) throw new Error(stderr.toString())
    const { instance } = await WebAssembly.instantiate(readFileSync(out), {})
    return instance.exports as Record<'additions' | 'multiplications' | 'mixed', Loop>
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Nanoseconds of a call: the median of `rounds`, each long enough for the clock. */
function nanoseconds(call: () => void, rounds = 9): number {
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

const LOOPS = ['additions', 'multiplications', 'mixed'] as const
const loops = await registerLoops()
/** Giga-operations a second, four lanes counted as four. */
const peak = Object.fromEntries(
  LOOPS.map((name) => [name, (48 * 100_000) / nanoseconds(() => loops[name](100_000, 1))]),
)
/** The mixed peak now: clocks drift, so every achievement is held to a peak of its own round. */
const peakNow = () => (48 * 20_000) / nanoseconds(() => loops.mixed(20_000, 1), 3)

/** The median over rounds of achieved ÷ limit, and of the nanoseconds, for `count` operations on `threads` threads. */
async function achieved(count: number, threads: number, nanosecondsOfRound: () => Promise<number>) {
  const rounds: { share: number; ns: number }[] = []
  for (let round = 0; round < 7; round++) {
    const before = peakNow()
    const ns = await nanosecondsOfRound()
    rounds.push({ share: count / ns / (((before + peakNow()) / 2) * threads), ns })
  }
  return { share: median(rounds.map((r) => r.share)), ns: median(rounds.map((r) => r.ns)) }
}

console.log(`${machine()}`)
console.log(
  `peak from registers, one thread, billion operations/s: ${Object.entries(peak)
    .map(([name, value]) => `${name} ${value.toFixed(1)}`)
    .join(', ')}`,
)

const ROWS = 128
const LENGTH = 128 * ROWS
const arena = new Arena('float32')
const [x, y, w, scratch] = Array.from({ length: 4 }, () => arena.real(2 * LENGTH))
const k = createKernels(createHeap(arena, 'simd', false))
for (let i = 0; i < LENGTH; i++) {
  k.heap.real[x + i] = ((i * 37) % 800) / 100 - 4
  k.heap.real[w + i] = ((i * 53) % 200) / 1000 - 0.1
}

const kernels: [string, number, () => void][] = [
  ['tanh', COST.tanh * LENGTH, () => k.tanh(LENGTH, x, y)],
  ['exp', COST.exp * LENGTH, () => k.exp(LENGTH, x, y)],
  ['tanhBackward', 3 * LENGTH, () => k.tanhBackward(LENGTH, x, w, y)],
  ...[64, 128].flatMap((n): [string, number, () => void][] => [
    [`dense ${n}×${n}`, 2 * n * n * ROWS, () => k.dense(n, n, ROWS, x, w, n, NONE, y)],
    [
      `denseWeightGradient ${n}×${n}`,
      2 * n * n * ROWS,
      () => k.denseWeightGradient(n, n, ROWS, x, w, y, n, NONE, scratch),
    ],
  ]),
]
console.log(`\nkernels, ${ROWS} rows, one thread`)
const kernelRows = [['kernel', 'billion operations/s', 'achieved ÷ limit']]
for (const [name, count, run] of kernels) {
  const { share, ns } = await achieved(count, 1, async () => nanoseconds(run, 3))
  kernelRows.push([name, (count / ns).toFixed(1), share.toFixed(2)])
}
console.log(table(kernelRows))

function tutorial(hidden: number[]): Flow<'float32'> {
  const layers = Array.from({ length: 9 }, (_, i) => [
    leakyReLU(),
    affineCoupling({ mask: alternatingMask(2, i), hidden }),
  ])
  return flow(2, layers.flat(), { seed: 42 })
}

const body: string[][] = []
for (const [hidden, rows, steps] of [
  [[4], 1024, 2000],
  [[64], 1024, 200],
  [[64, 64], 1024, 60],
  [[4], 65_536, 40],
  [[64], 65_536, 6],
] as const) {
  const model = tutorial([...hidden])
  const data = jang(rows, { seed: 0 })
  const { trained, scored, sampled } = operations(model.structure)
  for (const threads of [1, 2]) {
    const { share, ns } = await achieved(trained * rows, threads, async () => {
      const { seconds } = await fit(tutorial([...hidden]), data, { steps, threads })
      return (1e9 * seconds) / steps
    })
    body.push([`step ${rows} × [${hidden}]`, String(threads), String(trained), (ns / 1e6).toFixed(3), share.toFixed(2)])
  }
  if (rows < 65_536) continue
  const many = jang(1_000_000, { seed: 1 })
  // Rows that no scaler has seen would saturate most hidden units.
  await fit(model, data, { steps, threads: 1 })
  for (const [what, count, pass] of [
    ['score', scored, (threads: number) => logProb(model, many, { threads })],
    ['sample', sampled, (threads: number) => sample(model, 1_000_000, { seed: 1, threads })],
  ] as const) {
    for (const threads of [1, 2]) {
      const { share, ns } = await achieved(count * 1e6, threads, async () => {
        const started = performance.now()
        await pass(threads)
        return 1e6 * (performance.now() - started)
      })
      body.push([`${what} 10⁶ × [${hidden}]`, String(threads), String(count), (ns / 1e6).toFixed(1), share.toFixed(2)])
    }
  }
}
console.log('\nwhole steps, scoring and sampling (the limit of two threads is twice that of one)')
console.log(table([['workload', 'threads', 'operations a row', 'ms', 'achieved ÷ limit'], ...body]))
