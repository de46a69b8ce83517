// A thread that is now and again one rank of a training job, as parallel/training-tasks.ts runs it, with a clock at every
// barrier and at some of the kernels' calls. Posts what it has read.
import { parentPort } from 'node:worker_threads'
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
  /** In the recorded passes, and in what copies and adds up: rows, sums, gradients, the update. Estimated. */
  readonly passes: number
  readonly memory: number
  /** What counting and clocking the calls took. */
  readonly watching: number
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

/** One call in so many is looked at, at random: a clock that is read after each is itself what a small step waits for. */
const GAP = 8

/** A kind of kernel call: how many there were, how many of them had a clock, and the milliseconds of those. */
interface Tally {
  calls: number
  clocked: number
  milliseconds: number
}

const none = (): Tally => ({ calls: 0, clocked: 0, milliseconds: 0 })

/** Kernels whose calls are counted and now and then clocked. */
function watched(kernels: Kernels) {
  const tallies = { passes: none(), memory: none() }
  let wait = 1
  let state = 1
  type Kernel = (...args: number[]) => unknown
  function watch(kernel: Kernel, tally: Tally): Kernel {
    return (...args) => {
      tally.calls++
      if (--wait > 0) return kernel(...args)
      state = (Math.imul(state, 1664525) + 1013904223) | 0
      wait = 1 + ((state >>> 16) % (2 * GAP - 1))
      const started = performance.now()
      const result = kernel(...args)
      tally.milliseconds += performance.now() - started
      tally.clocked++
      return result
    }
  }
  const entries = Object.entries(kernels).map(([name, kernel]) => [
    name,
    typeof kernel === 'function' ? watch(kernel as Kernel, name === 'run' ? tallies.passes : tallies.memory) : kernel,
  ])
  return { kernels: Object.fromEntries(entries) as Kernels, tallies }
}

/** Milliseconds of a call that does nothing: as a clock reads them, and all that watching it takes, on average. */
function clockCost(kernels: Kernels): { inside: number; all: number } {
  const CALLS = 100_000
  let cost = { inside: 0, all: 0 }
  for (let round = 0; round < 3; round++) {
    const { kernels: empty, tallies } = watched({ ...kernels, run: () => {} })
    const started = performance.now()
    for (let i = 0; i < CALLS; i++) empty.run(0, 0, 0)
    cost = {
      all: (performance.now() - started) / CALLS,
      inside: tallies.passes.milliseconds / tallies.passes.clocked,
    }
  }
  return cost
}

function timedRank({ description, task, heap, control, record, rank, size, spin, warmUp }: TimedRankTask): RankTimes {
  const plan = planTraining(buildStructure(description), task, size)
  const unwatched = createKernels(openHeap(heap))
  const cost = clockCost(unwatched)
  const { kernels, tallies } = watched(unwatched)
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
  for (const tally of Object.values(tallies)) Object.assign(tally, none())
  barriers.length = 0
  const began = origin + performance.now()
  while (!trainer.step());
  const ended = origin + performance.now()
  const estimated = ({ calls, clocked, milliseconds }: Tally) => calls * (milliseconds / clocked - cost.inside)
  return {
    began,
    ended,
    passes: estimated(tallies.passes),
    memory: estimated(tallies.memory),
    watching: cost.all * (tallies.passes.calls + tallies.memory.calls),
    barriers,
  }
}

parentPort?.on('message', (task: TimedRankTask) => parentPort?.postMessage(timedRank(task)))
