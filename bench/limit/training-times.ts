import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { adamW, type Flow } from 'pushforward'
import { createHeap, shareHeap } from '#kernels/create.js'
import { cores } from '#parallel/cores.js'
import { createControl } from '#parallel/shared-communicator.js'
import { createRecord } from '#parallel/training-tasks.js'
import { planTraining, type TrainingTask } from '#step/plan.js'
import { stopping } from '#step/stopping.js'
import type { RankTimes, TimedRankTask } from './timed-rank.js'

/** Milliseconds a step, added over the ranks. */
export interface TrainingTimes {
  readonly ranks: number
  readonly all: number
  /** The recorded passes through a tile. */
  readonly passes: number
  /** Gathering rows, adding up losses and gradients, the update. */
  readonly memory: number
  /** Between the kernels: the calls, and all that TypeScript does. */
  readonly glue: number
  /** Until the last rank has come to a barrier, and from then on. */
  readonly imbalance: number
  readonly barriers: number
}

const workers: Worker[] = []

/** Threads that stay: a new one spends its first tenths of a second on compiling, on a core that a rank would need. */
function crew(threads: number): Worker[] {
  while (workers.length < threads) workers.push(new Worker(new URL('./timed-rank.js', import.meta.url)))
  return workers.slice(0, threads)
}

/** Ends the threads. */
export async function endTrainingTimes(): Promise<void> {
  await Promise.all(workers.map((worker) => worker.terminate()))
}

/** Trains on standardised rows with ranks that hold clocks; the clocks' own time is taken out. */
export async function trainingTimes(
  { structure, parameters }: Flow<'float32'>,
  rows: Float32Array,
  steps: number,
  threads: number,
): Promise<TrainingTimes> {
  const count = rows.length / structure.dim
  const warmUp = Math.ceil(steps / 4)
  const task: TrainingTask = {
    rows: count,
    validationRows: 0,
    batch: count,
    schedule: { type: 'constant' },
    clip: Number.POSITIVE_INFINITY,
    average: undefined,
    noise: undefined,
    weighted: false,
    frozen: [],
    steps: warmUp + steps,
    validationEvery: 1,
    optimizer: adamW(),
    stopping: stopping(),
    seed: 0,
  }
  const plan = planTraining(structure, task, threads)
  const heap = createHeap(plan.arena, 'simd', true)
  heap.real.set(parameters, plan.params)
  heap.real.set(rows, plan.data)
  heap.i32[plan.stopAfter] = -1
  const common = {
    description: structure.description,
    task,
    heap: shareHeap(heap),
    control: createControl(),
    record: createRecord(task, true),
    size: threads,
    spin: threads <= cores(),
    warmUp,
  }
  const readings = await Promise.all(
    crew(threads).map(async (worker, rank) => {
      const task: TimedRankTask = { ...common, rank }
      worker.postMessage(task)
      const [times] = (await once(worker, 'message')) as [RankTimes]
      return times
    }),
  )
  return perStep(readings, steps)
}

function perStep(readings: readonly RankTimes[], steps: number): TrainingTimes {
  const sum = (of: (reading: RankTimes) => number) =>
    readings.reduce((total, reading) => total + of(reading), 0) / steps
  const last = readings[0].barriers.map((_, b) => Math.max(...readings.map(({ barriers }) => barriers[b][0])))
  const waited = (of: (arrived: number, left: number, last: number) => number) =>
    sum(({ barriers }) => barriers.reduce((total, [arrived, left], b) => total + of(arrived, left, last[b]), 0))
  const imbalance = waited((arrived, _, last) => last - arrived)
  const barriers = waited((_, left, last) => left - last)
  const all = sum(({ began, ended, watching }) => ended - began - watching)
  const passes = sum((reading) => reading.passes)
  const memory = sum((reading) => reading.memory)
  const glue = all - passes - memory - imbalance - barriers
  return { ranks: readings.length, all, passes, memory, glue, imbalance, barriers }
}
