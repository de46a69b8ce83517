// Every operation that is declared, and kernels that training calls outside of passes, SIMD beside portable, one thread.
// Results agree before anything is timed.
import { Bench } from 'tinybench'
import type { Counts, Declaration } from '#kernels/operation.js'
import { operations } from '#kernels/program.js'
import { type Prepared, prepare } from './kernels/declared.js'
import { direct, prepareDirect } from './kernels/direct.js'
import { machine, table } from './machine.js'

/** What a kernel goes through, where nothing else is said. */
const STANDARD: Counts = { rows: 128, n: 128 * 64, dim: 2, outDim: 64, inDim: 64, hidden: 4 }
/** Of a count that is not among these. */
const OTHERWISE = 8

const LAYERS = [
  [4, 1],
  [2, 4],
  [64, 64],
  [128, 128],
].map(([outDim, inDim]) => ({ outDim, inDim }))
const WIDTHS = [4, 64].map((hidden) => ({ hidden }))

/** Operations whose speed depends on their shape. */
const SHAPES: Readonly<Record<string, readonly Counts[]>> = {
  dense: LAYERS,
  denseWeightGradient: LAYERS,
  denseInputGradient: LAYERS,
  narrowCoupling: WIDTHS,
  narrowCouplingBackward: WIDTHS,
}

interface Row {
  readonly name: string
  /** Of one call; 0 where nothing is computed or counted. */
  readonly operations: number
  readonly contestants: Readonly<Record<'simd' | 'portable', Prepared>>
}

function rowOf(operation: Declaration, shape: Counts): Row {
  const counts = Object.fromEntries(operation.counts.map((name) => [name, shape[name] ?? STANDARD[name] ?? OTHERWISE]))
  return {
    name: `${operation.id}, ${Object.values(counts).join(' × ')}`,
    operations: operation.cost?.(counts) ?? 0,
    contestants: { simd: prepare('simd', operation, counts), portable: prepare('portable', operation, counts) },
  }
}

const rows: readonly Row[] = [
  ...operations.flatMap((operation) => (SHAPES[operation.id] ?? [{}]).map((shape) => rowOf(operation, shape))),
  ...direct.map((kernel) => ({
    name: kernel.name,
    operations: 0,
    contestants: { simd: prepareDirect('simd', kernel), portable: prepareDirect('portable', kernel) },
  })),
]

for (const { name, contestants } of rows) {
  for (const contestant of Object.values(contestants)) contestant.run()
  const expected = contestants.portable.results()
  contestants.simd.results().forEach((value, i) => {
    const other = expected[i]
    // Normals of radius near 0 differ by the rounding of u; dots by the order of their sums.
    if (!(Math.abs(value - other) <= 1e-3 * Math.max(1, Math.abs(other))))
      throw new Error(`${name}: ${value} is not ${other}`)
  })
}

const bench = new Bench({ time: 100, iterations: 5, warmupTime: 30, warmupIterations: 2 })
for (const { name, contestants } of rows) {
  for (const [kind, { run }] of Object.entries(contestants)) bench.add(`${name}|${kind}`, run)
}
await bench.run()

/** Of a call. */
function nanoseconds({ name, contestants }: Row, kind: 'simd' | 'portable'): number {
  const task = bench.getTask(`${name}|${kind}`)
  if (task?.result.state !== 'completed') throw new Error(`${name} did not complete.`)
  return (task.result.latency.p50 * 1e6) / contestants[kind].calls
}

console.log(`${machine()}, 1 thread; medians`)
console.log(
  table([
    ['kernel, counts', 'ns a call', 'billion operations/s', 'portable, ns', 'ratio'],
    ...rows.map((row) => {
      const { name, operations } = row
      const [simd, portable] = [nanoseconds(row, 'simd'), nanoseconds(row, 'portable')]
      const speed = operations > 0 ? (operations / simd).toFixed(1) : ''
      return [name, simd.toFixed(0), speed, portable.toFixed(0), `${(portable / simd).toFixed(1)}×`]
    }),
  ]),
)
