// A thread that is one rank of a training job, as parallel/training-tasks.ts runs it, with a clock at every call of a kernel
// and at every barrier. Posts what it read.
import { parentPort, workerData } from 'node:worker_threads'
import { buildStructure } from '#flow/structure.js'
import { createKernels, openHeap } from '#kernels/create.js'
import type { Kernels } from '#kernels/kernels.js'
import { SharedCommunicator } from '#parallel/shared-communicator.js'
import { recordInto, type TrainingRankTask } from '#parallel/training-tasks.js'
import type { Communicator } from '#step/communicator.js'
import { planTraining } from '#step/plan.js'
import { TrainingRank } from '#step/training-rank.js'

export interface TimedRankTask extends TrainingRankTask {
  /** Steps before the clocks count. */
  readonly warmUp: number
}

/** Milliseconds, of a clock that all threads share where they are points in time. */
export interface RankTimes {
  readonly began: number
  readonly ended: number
  /** In the recorded passes, and in what copies and adds up: rows, sums, gradients, the update. */
  readonly passes: number
  readonly memory: number
  /** What the clocks themselves took outside the kernels. */
  readonly clocks: number
  /** Of every barrier: when the rank came to it and when it left. */
  readonly barriers: readonly (readonly [number, number])[]
}

/**
 * Milliseconds from the clock that all threads share to this thread's own: of many readings of both the least, since
 * whatever comes between the two adds to it.
 */
function clockOrigin(): number {
  const differences = Array.from({ length: 10_000 }, () => {
    const own = performance.now()
    return Number(process.hrtime.bigint()) / 1e6 - own
  })
  return Math.min(...differences)
}

const origin = clockOrigin()

/** Adds the milliseconds and number of kernel calls up, whatever they are called on. */
function watched(kernels: Kernels) {
  const tally = { passes: 0, memory: 0, passCalls: 0, memoryCalls: 0 }
  type Kernel = (...args: number[]) => unknown
  function watch(name: string, kernel: Kernel): Kernel {
    return (...args) => {
      const started = performance.now()
      const result = kernel(...args)
      const taken = performance.now() - started
      if (name === 'run') {
        tally.passes += taken
        tally.passCalls++
      } else {
        tally.memory += taken
        tally.memoryCalls++
      }
      return result
    }
  }
  const entries = Object.entries(kernels).map(([name, kernel]) => [
    name,
    typeof kernel === 'function' ? watch(name, kernel as Kernel) : kernel,
  ])
  return { kernels: Object.fromEntries(entries) as Kernels, tally }
}

/** Milliseconds a watched call takes when there is nothing to do: as it reads itself, and beside that. */
function clockCost(kernels: Kernels): { inside: number; outside: number } {
  const CALLS = 100_000
  let cost = { inside: 0, outside: 0 }
  for (let round = 0; round < 3; round++) {
    const { kernels: empty, tally } = watched({ ...kernels, run: () => {} })
    const started = performance.now()
    for (let i = 0; i < CALLS; i++) empty.run(0, 0, 0)
    const all = performance.now() - started
    cost = { inside: tally.passes / CALLS, outside: (all - tally.passes) / CALLS }
  }
  return cost
}

const { description, task, heap, control, record, rank, size, spin, warmUp } = workerData as TimedRankTask
const plan = planTraining(buildStructure(description), task, size)
const unwatched = createKernels(openHeap(heap))
const cost = clockCost(unwatched)
const { kernels, tally } = watched(unwatched)
const shared = new SharedCommunicator(control, rank, size, spin)
const barriers: [number, number][] = []
function barrier(): void {
  const arrived = origin + performance.now()
  shared.barrier()
  barriers.push([arrived, origin + performance.now()])
}
const communicator: Communicator = {
  rank,
  size,
  barrier,
  exchange: barrier,
  checkAbort: () => shared.checkAbort(),
  abort: () => shared.abort(),
}
const trainer = new TrainingRank(kernels, plan, communicator, rank === 0 ? recordInto(record, task) : undefined)
shared.barrier()
for (let step = 0; step < warmUp; step++) trainer.step()
Object.assign(tally, { passes: 0, memory: 0, passCalls: 0, memoryCalls: 0 })
barriers.length = 0
const began = origin + performance.now()
while (!trainer.step());
const ended = origin + performance.now()
const times: RankTimes = {
  began,
  ended,
  passes: tally.passes - cost.inside * tally.passCalls,
  memory: tally.memory - cost.inside * tally.memoryCalls,
  clocks: cost.inside * (tally.passCalls + tally.memoryCalls) + cost.outside * (tally.passCalls + tally.memoryCalls),
  barriers,
}
parentPort?.postMessage(times)
