// Speed of light: what the operations of kernels, a training step, a scored and a sampled row would take if this machine did
// nothing but multiply and add in registers, beside what they do take; and where the rest goes.
import { type Flow, fit, logProb, sample } from 'pushforward'
import { operations } from '#flow/operations.js'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena, NONE } from '#kernels/heap.js'
import { type ArgumentsOf, type OperationName, operationNamed } from '#kernels/program.js'
import { evaluationTimes } from './limit/evaluation-times.js'
import { passKernels } from './limit/pass-kernels.js'
import { nanoseconds, peak, peakNow } from './limit/register-loops.js'
import { endTrainingTimes, type TrainingTimes, trainingTimes } from './limit/training-times.js'
import { machine, median, table } from './machine.js'
import { buildSplines, type SplineWorkload, splineWorkloads } from './peers/splines.js'
import { build, shared, standardised } from './peers/workloads.js'

const ROUNDS = 7
/** New threads have compiled what they run after so long, in small jobs each of which makes new kernels. */
const WARM_UP_MILLISECONDS = 1000

/** The median over rounds of achieved ÷ limit, and of the nanoseconds, for `count` operations on `threads` threads. */
async function achieved(count: number, threads: number, nanosecondsOfRound: () => number | Promise<number>) {
  const rounds: { share: number; ns: number }[] = []
  for (const end = performance.now() + WARM_UP_MILLISECONDS; performance.now() < end; ) await nanosecondsOfRound()
  for (let round = 0; round < ROUNDS; round++) {
    const before = peakNow()
    const ns = await nanosecondsOfRound()
    rounds.push({ share: count / ns / (((before + peakNow()) / 2) * threads), ns })
  }
  return { share: median(rounds.map((r) => r.share)), ns: median(rounds.map((r) => r.ns)) }
}

/** The kernels by themselves: dense ones on the rows of a tile of their width, as they run, others on as many numbers. */
async function kernelTable(): Promise<string> {
  const LENGTH = 128 * 128
  const arena = new Arena('float32')
  const [x, y, w, scratch] = Array.from({ length: 4 }, () => arena.real(2 * LENGTH))
  const k = createKernels(createHeap(arena, 'simd', false))
  for (let i = 0; i < LENGTH; i++) {
    k.heap.real[x + i] = ((i * 37) % 800) / 100 - 4
    k.heap.real[w + i] = ((i * 53) % 200) / 1000 - 0.1
  }
  const kernels: [OperationName, string, number, () => void][] = []
  function add<Name extends OperationName>(name: Name, args: ArgumentsOf<Name>, what = ''): void {
    kernels.push([name, what, operationNamed(name).cost?.(args) ?? 0, () => k.call(name, args)])
  }
  add('tanh', { n: LENGTH, x, y })
  add('exp', { n: LENGTH, x, y })
  add('tanhBackward', { n: LENGTH, y: x, dy: w, dx: y })
  for (const n of [64, 128]) {
    const { tileRows: rows } = build({ name: '', rows: 1024, dim: 2, hidden: [n, n] }).structure
    const counts = { outDim: n, inDim: n, rows, outStride: n }
    const what = ` ${n}×${n}, ${rows} rows`
    add('dense', { ...counts, x, weight: w, bias: NONE, y }, what)
    add('denseInputGradient', { ...counts, dy: x, weight: w, dx: y }, what)
    add('denseWeightGradient', { ...counts, x, dy: w, dWeight: y, dBias: y + n * n, scratch }, what)
  }
  const body: string[][] = []
  for (const [name, what, count, run] of kernels) {
    const { share, ns } = await achieved(count, 1, () => nanoseconds(run, 3))
    body.push([name + what, (count / ns).toFixed(1), share.toFixed(2)])
  }
  return table([['kernel', 'billion operations/s', 'achieved ÷ limit'], ...body])
}

const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`

const workloads: string[][] = []
const passes: string[][] = []
const training: string[][] = []
const evaluation: string[][] = []

/** A step in ranks that hold clocks, and the milliseconds that its operations would take at the peak of its round. */
type StepTimes = TrainingTimes & { readonly limit: number }

/** Where the time of a step goes: the limit, and what lies above it. */
function stepRow(name: string, rounds: readonly StepTimes[]): string[] {
  const shareOf = (part: (times: StepTimes) => number) =>
    `${median(rounds.map((times) => (100 * part(times)) / times.all)).toFixed(1)} %`
  const [{ ranks }] = rounds
  return [
    name,
    String(ranks),
    median(rounds.map(({ all }) => all / ranks)).toFixed(3),
    shareOf(({ limit }) => limit),
    shareOf(({ passes, limit }) => passes - limit),
    shareOf(({ memory }) => memory),
    shareOf(({ glue }) => glue),
    shareOf(({ imbalance }) => imbalance),
    shareOf(({ barriers }) => barriers),
  ]
}

/** A flow whose step is looked at, and how many of them are timed at once. */
interface Step {
  readonly name: string
  readonly rows: number
  readonly dim: number
  readonly steps: number
  build(): Flow<'float32'>
}

const tutorialStep = (rows: number, dim: number, hidden: readonly number[], steps: number): Step => ({
  name: `${rows} × ${dim === 2 ? '' : `${dim} `}[${hidden}]`,
  ...{ rows, dim, steps },
  build: () => build({ name: '', rows, dim, hidden }),
})

function splineStep(workload: SplineWorkload, steps: number): Step {
  const { name, batch: rows, dim } = workload
  return { name: `${rows} × ${name}`, ...{ rows, dim, steps }, build: () => buildSplines(workload) }
}

async function train({ name: what, rows, dim, steps, build: make }: Step): Promise<void> {
  const data = standardised({ rows, dim })
  const name = `step ${what}`
  const { trained } = operations(make().structure)
  for (const threads of [1, 2]) {
    const { share, ns } = await achieved(trained * rows, threads, async () => {
      const { seconds } = await fit(make(), data, { steps, threads, preprocess: 'none' })
      return (1e9 * seconds) / steps
    })
    workloads.push([name, String(threads), String(trained), (ns / 1e6).toFixed(3), share.toFixed(2)])
    const rounds: StepTimes[] = []
    await trainingTimes(make(), data, steps, threads)
    for (let round = 0; round < ROUNDS; round++) {
      const before = peakNow()
      const times = await trainingTimes(make(), data, steps, threads)
      rounds.push({ ...times, limit: (trained * rows) / ((before + peakNow()) / 2) / 1e6 })
    }
    training.push(stepRow(name, rounds))
  }
  if (rows > 1024 && dim === 2) return
  // A pass is one tile's, whatever the rows.
  const times = passKernels(make(), data)
  const all = times.reduce((sum, { ns }) => sum + ns, 0)
  for (const { name: kernel, calls, operations, ns, share } of times) {
    const ofLimit = operations > 0 ? share.toFixed(2) : ''
    passes.push([what, kernel, String(calls), ns.toFixed(1), percent(ns, all), ofLimit])
  }
}

async function evaluate(hidden: readonly number[]): Promise<void> {
  const ROWS = 1_000_000
  const workload = { name: '', rows: ROWS, dim: 2, hidden }
  const model = build(workload)
  const rows = shared(standardised(workload))
  await fit(model, rows.subarray(0, 8192), { steps: 100, threads: 1, preprocess: 'none' })
  const densities = new Float32Array(new SharedArrayBuffer(4 * ROWS))
  const drawn = new Float64Array(new SharedArrayBuffer(16 * ROWS))
  const { scored, sampled } = operations(model.structure)
  const stages = evaluationTimes(model, rows)
  for (const [what, count, pass] of [
    ['score', scored, (threads: number) => logProb(model, rows, { threads, out: densities })],
    ['sample', sampled, (threads: number) => sample(model, ROWS, { seed: 1, threads, out: drawn })],
  ] as const) {
    for (const threads of [1, 2]) {
      const { share, ns } = await achieved(count * ROWS, threads, async () => {
        const started = performance.now()
        await pass(threads)
        return 1e6 * (performance.now() - started)
      })
      const name = `${what} 10⁶ × [${hidden}]`
      workloads.push([name, String(threads), String(count), (ns / 1e6).toFixed(1), share.toFixed(2)])
      const { kernels, memory, glue } = stages[what]
      const aRow = (ns * threads) / ROWS
      const limit = share * aRow
      const waiting = aRow - kernels - memory - glue
      const shares = [limit, kernels - limit, memory, glue, waiting].map((part) => percent(part, aRow))
      evaluation.push([name, String(threads), aRow.toFixed(1), ...shares])
    }
  }
}

console.log(`${machine()}`)
console.log(
  `peak from registers, one thread, billion operations/s: ${peak
    .map(([name, value]) => `${name} ${value.toFixed(1)}`)
    .join(', ')}`,
)
console.log(`\nkernels, one thread\n${await kernelTable()}`)
await train(tutorialStep(1024, 2, [4], 6000))
await train(tutorialStep(1024, 2, [64], 600))
await train(tutorialStep(1024, 2, [64, 64], 60))
await train(tutorialStep(65_536, 2, [4], 40))
await train(tutorialStep(65_536, 2, [64], 6))
await train(tutorialStep(16_384, 6, [128, 128], 2))
for (const workload of splineWorkloads) await train(splineStep(workload, workload.dim === 2 ? 200 : 6))
await endTrainingTimes()
await evaluate([4])
await evaluate([64])
console.log('\nwhole steps, scoring and sampling in shared memory (the limit of two threads is twice that of one)')
console.log(table([['workload', 'threads', 'operations a row', 'ms', 'achieved ÷ limit'], ...workloads]))
console.log("\nwhere a step's time goes, of all its threads (their clocks' own taken out)")
const above = ['limit', 'kernels above it', 'memory', 'glue']
console.log(table([['workload', 'threads', 'ms', ...above, 'imbalance', 'barriers'], ...training]))
console.log(
  '\nwhere the time of scoring and sampling goes, of all threads (memory, glue and kernels from one thread, in its cache)',
)
console.log(table([['workload', 'threads', 'ns a row', ...above, 'between threads'], ...evaluation]))
console.log('\na training pass through a tile, kernel by kernel, in the cache')
console.log(table([['step', 'kernel', 'calls', 'ns a row', 'of the pass', 'achieved ÷ limit'], ...passes]))
