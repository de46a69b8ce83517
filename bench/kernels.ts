// Every kernel that training leans on, SIMD beside portable, one thread. Results agree before anything is timed.
import { Bench } from 'tinybench'
import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena, NONE } from '#kernels/heap.js'
import type { Kernels } from '#kernels/kernels.js'
import { machine, table } from './machine.js'

/** Reals of each array: enough for the widest case below. */
const LENGTH = 128 * 128
const ROWS = 128

interface Case {
  readonly name: string
  /** Operations or elements of one call. */
  readonly size: number
  readonly unit: 'GFLOP/s' | 'ns an element'
  readonly run: (kernels: Kernels, a: readonly number[]) => void
}

const cases: readonly Case[] = [
  { name: 'exp', size: LENGTH, unit: 'ns an element', run: (k, a) => k.exp(LENGTH, a[0], a[1]) },
  { name: 'log', size: LENGTH, unit: 'ns an element', run: (k, a) => k.log(LENGTH, a[2], a[1]) },
  { name: 'tanh', size: LENGTH, unit: 'ns an element', run: (k, a) => k.tanh(LENGTH, a[0], a[1]) },
  {
    name: 'tanhBackward',
    size: LENGTH,
    unit: 'ns an element',
    run: (k, a) => k.tanhBackward(LENGTH, a[0], a[2], a[1]),
  },
  { name: 'relu', size: LENGTH, unit: 'ns an element', run: (k, a) => k.relu(LENGTH, a[0], a[1]) },
  {
    name: 'leakyReLU',
    size: 2 * ROWS,
    unit: 'ns an element',
    run: (k, a) => k.leakyReLU(2, ROWS, a[0], a[2], a[1], a[3]),
  },
  {
    name: 'affineCouple',
    size: ROWS,
    unit: 'ns an element',
    run: (k, a) => k.affineCouple(ROWS, a[0], a[0] + 128, a[2], a[2] + 128, a[1], a[3], a[1] + 128, a[1] + 256),
  },
  { name: 'gaussian', size: 2 * ROWS, unit: 'ns an element', run: (k, a) => k.gaussian(2, ROWS, a[0], a[2], a[1]) },
  { name: 'normal', size: 2 * ROWS, unit: 'ns an element', run: (k, a) => k.normal(2, ROWS, 1, 2, 3, 4, 5, a[1]) },
  { name: 'sum', size: LENGTH, unit: 'ns an element', run: (k, a) => k.sum(LENGTH, a[0], a[3] / 2) },
  {
    name: 'adamw',
    size: 1024,
    unit: 'ns an element',
    run: (k, a) => k.adamw(1024, a[3], a[0], a[3] + 1024, a[3] + 2048, 1, 1e-4, 0.9, 0.999, 1e-8, 1e-4, 1, 1),
  },
  ...[
    [4, 1],
    [2, 4],
    [64, 64],
    [128, 128],
  ].flatMap(([out, inputs]): Case[] => [
    {
      name: `dense ${out}×${inputs}`,
      size: 2 * out * inputs * ROWS,
      unit: 'GFLOP/s',
      run: (k, a) => k.dense(out, inputs, ROWS, a[0], a[2], inputs, NONE, a[1]),
    },
    {
      name: `denseWeightGradient ${out}×${inputs}`,
      size: 2 * out * inputs * ROWS,
      unit: 'GFLOP/s',
      run: (k, a) => k.denseWeightGradient(out, inputs, ROWS, a[0], a[2], a[3], inputs, NONE, a[4]),
    },
  ]),
]

function prepare(kind: KernelKind): { kernels: Kernels; arrays: number[] } {
  const arena = new Arena('float32')
  const arrays = Array.from({ length: 5 }, () => arena.real(2 * LENGTH))
  const kernels = createKernels(createHeap(arena, kind, false))
  return { kernels, arrays }
}

/** a0 in [−4, 4], a2 positive, results 0. */
function reset({ kernels, arrays }: ReturnType<typeof prepare>): void {
  const { real } = kernels.heap
  for (let i = 0; i < LENGTH; i++) {
    real[arrays[0] + i] = ((i * 37) % 800) / 100 - 4
    real[arrays[2] + i] = ((i * 53) % 400) / 100 + 0.01
  }
  real.fill(0, arrays[1], arrays[1] + LENGTH)
  real.fill(0, arrays[3], arrays[3] + LENGTH)
}

const contestants = { simd: prepare('simd'), portable: prepare('portable') }

for (const { name, run } of cases) {
  const results = Object.values(contestants).map((contestant) => {
    reset(contestant)
    run(contestant.kernels, contestant.arrays)
    const { real } = contestant.kernels.heap
    return [1, 3].flatMap((a) => [...real.subarray(contestant.arrays[a], contestant.arrays[a] + LENGTH)])
  })
  results[0].forEach((value, i) => {
    const other = results[1][i]
    // Normals of radius near 0 differ by the rounding of u; dots by the order of their sums.
    if (Math.abs(value - other) > 1e-3 * Math.max(1, Math.abs(other)))
      throw new Error(`${name}: ${value} is not ${other}`)
  })
}

const bench = new Bench({ time: 150, warmupTime: 50 })
for (const { name, run } of cases) {
  for (const [kind, { kernels, arrays }] of Object.entries(contestants))
    bench.add(`${name}|${kind}`, () => run(kernels, arrays))
}
for (const contestant of Object.values(contestants)) reset(contestant)
await bench.run()

function nanoseconds(name: string): number {
  const task = bench.getTask(name)
  if (task?.result.state !== 'completed') throw new Error(`${name} did not complete.`)
  return task.result.latency.p50 * 1e6
}

console.log(`${machine()}, 1 thread; medians; tiles of ${ROWS} rows`)
console.log(
  table([
    ['kernel', 'unit', 'simd', 'portable', 'ratio'],
    ...cases.map(({ name, size, unit }) => {
      const [simd, portable] = ['simd', 'portable'].map((kind) => nanoseconds(`${name}|${kind}`))
      const figure = (ns: number) => (unit === 'GFLOP/s' ? size / ns : ns / size).toFixed(2)
      return [name, unit, figure(simd), figure(portable), `${(portable / simd).toFixed(1)}×`]
    }),
  ]),
)
