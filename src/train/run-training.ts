import { type Energy, type EnergyModule, loadEnergy, moduleOf } from '../energies/energy.js'
import { asError, UsageError } from '../errors.js'
import type { Flow } from '../flow/flow.js'
import { createKernels, shareHeap } from '../kernels/create.js'
import type { Heap, Offset } from '../kernels/heap.js'
import { cores } from '../parallel/cores.js'
import { runRanks, withCrew } from '../parallel/pool.js'
import { createControl } from '../parallel/shared-communicator.js'
import { pastOf, type RecordBlock, recordInto, type TrainingRankTask } from '../parallel/training-tasks.js'
import { alone } from '../step/communicator.js'
import type { TrainingPlan } from '../step/plan.js'
import { type TrainingEnd, TrainingRank } from '../step/training-rank.js'
import type { Recovery } from './recoveries.js'

/** Without workers the steps run on the calling thread, which gets this often a turn for everything else. */
const TURN_MILLISECONDS = 50
/** What the WebAssembly address space holds; float64 plans are held to the same. */
const MAX_BYTES = 2 ** 32 - 2 ** 16

const inTraining = new WeakSet<Flow>()

/**
 * Trains a flow while nobody else does.
 * @throws UsageError where somebody does.
 */
export async function exclusively<Result>(flow: Flow, work: () => Promise<Result>): Promise<Result> {
  if (inTraining.has(flow))
    throw new UsageError('This flow is being trained already; wait for that fit, or train a copy.')
  inTraining.add(flow)
  try {
    return await work()
  } finally {
    inTraining.delete(flow)
  }
}

/** @throws UsageError where no heap holds the plan. */
export function checkBytes({ bytes }: TrainingPlan): void {
  if (bytes <= MAX_BYTES) return
  const gibibytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1)
  throw new UsageError(
    `This training plan needs ${gibibytes(bytes)} GiB, more than the ${gibibytes(MAX_BYTES)} GiB a heap can hold: train on fewer rows, or with fewer threads.`,
  )
}

/** The arrays that steps change, by their names in a plan. */
export const MOVING = ['params', 'average', 'firstMoment', 'secondMoment', 'best'] as const

/** A training job that is ready to run. */
export interface TrainingJob {
  readonly plan: TrainingPlan
  readonly heap: Heap
  readonly record: RecordBlock
  /** What it is on, where that is an energy: in a module, for a job on other threads. */
  readonly energy?: Energy | EnergyModule
  /** Where it has gone back, in order. */
  readonly recoveries: Recovery[]
  /** The step of the first anchor that it may go back to. */
  oldestAnchor: number
}

/** Copies weights that a job has come to into the flow, whose scaler then belongs to them. */
export function commit(flow: Flow, { plan, heap }: Pick<TrainingJob, 'plan' | 'heap'>, from: Offset): void {
  const { parameterCount, numberCount } = flow.structure
  flow.parameters.set(heap.real.subarray(from, from + parameterCount))
  // What layers have set by the data belongs to these parameters.
  flow.numbers.set(heap.real.subarray(plan.params + parameterCount, plan.params + numberCount), parameterCount)
  flow.scaled = true
  // They were those of other weights.
  flow.scores = undefined
}

/** Runs the job on `size` worker threads, or for 0 on the calling thread. */
export async function runTraining(
  size: number,
  flow: Flow,
  job: TrainingJob,
  signal: AbortSignal | undefined,
): Promise<TrainingEnd> {
  if (signal?.aborted) return { reason: 'aborted', step: 0 }
  const { plan, heap, record, energy } = job
  if (size === 0) return runHere(job, energy && (await loadEnergy(energy, flow.dim)))
  let started = false
  try {
    return await withCrew(size, signal, async (crew) => {
      started = true
      const control = createControl()
      const common = {
        description: flow.structure.description,
        task: plan.task,
        heap: shareHeap(heap),
        control,
        record,
        energy: energy && moduleOf(energy),
        size,
        spin: size <= cores(),
      }
      const ends = await runRanks<TrainingEnd>(
        crew,
        control,
        'trainRank',
        (rank): TrainingRankTask => ({ ...common, rank }),
      )
      return ends[0]
    })
  } catch (error) {
    // Aborted while waiting for threads: nothing was done, which is a way to be aborted.
    if (signal?.aborted && !started) return { reason: 'aborted', step: 0 }
    throw error
  }
}

async function runHere({ plan, heap, record }: TrainingJob, energy: Energy | undefined): Promise<TrainingEnd> {
  const trainer = new TrainingRank(
    createKernels(heap),
    plan,
    alone(),
    recordInto(record, plan.task),
    energy,
    pastOf(record),
  )
  for (;;) {
    const end = stepsOfTurn(trainer)
    if (end) return end
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
}

function stepsOfTurn(trainer: TrainingRank): TrainingEnd | undefined {
  try {
    for (const turn = performance.now() + TURN_MILLISECONDS; performance.now() < turn; ) {
      const end = trainer.step()
      if (end) return end
    }
    return undefined
  } catch (thrown) {
    throw asError(thrown)
  }
}
