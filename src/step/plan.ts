import type { FlowStructure } from '../flow/structure.js'
import { Tile } from '../flow/tile.js'
import { Arena, type Offset } from '../kernels/heap.js'
import { SQUARES_BLOCK } from '../kernels/kernels.js'
import type { Optimizer } from './adamw.js'
import type { Averaging } from './averaging.js'
import { batchPhases, type Growing, type Phase } from './batches.js'
import { dealLength } from './deal.js'
import type { Noise } from './noise.js'
import type { EnergyTask } from './reverse-kl.js'
import type { Schedule } from './schedule.js'
import {
  batchTileRows,
  cutIntoShards,
  cutTree,
  type Instruction,
  joinProgram,
  runOf,
  type Shards,
  subtreeProgram,
} from './shards.js'
import type { Stopping } from './stopping.js'

/** Numbers [first, end). */
export interface Range {
  readonly first: number
  readonly end: number
}

/** What is trained and how: the part of a job that decides its numbers. Plain data, so that it can cross threads. */
export interface TrainingTask {
  readonly rows: number
  readonly validationRows: number
  /** Rows of a step, equal to `rows` for full-batch training, or how they grow. */
  readonly batch: number | Growing
  readonly steps: number
  /** The validation loss is computed at steps 0, every, 2·every, … */
  readonly validationEvery: number
  readonly optimizer: Optimizer
  readonly schedule: Schedule
  /** The greatest Euclidean norm of a step's gradient; a longer one is shortened to it. ∞ leaves all as they are. */
  readonly clip: number
  readonly average: Averaging | undefined
  readonly noise: Noise | undefined
  /** Whether every row has a weight. */
  readonly weighted: boolean
  /** Parameters that stay as they are, ascending and apart. */
  readonly frozen: readonly Range[]
  readonly stopping: Stopping
  readonly seed: number
  /** Where a step fits samples to an energy, or both them and rows: as many of each, which number `rows` where there are none. */
  readonly energy?: EnergyTask
  /** Steps between two anchors, to which a run can go back; 0, the default, keeps none. */
  readonly anchorEvery?: number
  /** Whether there is room for a copy of an anchor, which stays while the run goes on. */
  readonly snapshots?: boolean
}

/** What a run has come to by its steps: everything else about it follows from their number and losses. */
export interface Moving {
  readonly params: Offset
  /** The running average of the parameters; only where there is one. */
  readonly average: Offset
  readonly firstMoment: Offset
  readonly secondMoment: Offset
  readonly best: Offset
}

/** Whether steps take rows of data. */
export function takesRows({ energy }: TrainingTask): boolean {
  return !energy || energy.forward > 0
}

/** What ranks are dealt: a subtree of the shards, and where its sum goes. */
export interface Unit {
  readonly slot: Offset
  /** Buffer 0 is the slot, those from 1 on are the rank's spare ones. */
  readonly program: readonly Instruction[]
}

/** What belongs to one rank: its tiles, its spare gradient buffers, and which parameters it updates. */
export interface RankPlan {
  readonly tile: Tile
  /** Evaluates the averaged parameters, where there are rows to try them on. */
  readonly averaged: Tile | undefined
  /** Normals of a tile's noise, [dim, rows]; only for training with noise. */
  readonly noise: Offset
  /** Only for training on an energy. */
  readonly energy: EnergyRankPlan | undefined
  readonly spares: readonly Offset[]
  readonly validationShards: Range
  /** Parameters that are summed and updated by this rank. */
  readonly slice: Range
  /** Those of the slice that are not frozen. */
  readonly trained: readonly Range[]
}

/** What a rank has for its samples. */
export interface EnergyRankPlan {
  /** Goes from noise to data, where the other tile goes from data to noise. */
  readonly samples: Tile
  /** A gradient of the parameters that nobody reads. */
  readonly discarded: Offset
  /** f64 */
  readonly sum: Offset
}

/** Steps whose batches have the same number of rows, and how these are cut and added up. */
export interface PhasePlan extends Phase {
  readonly shards: Shards
  readonly units: readonly Unit[]
  /** The additions that join the units' sums into the first one's slot. */
  readonly join: readonly { readonly add: number; readonly to: number }[]
}

/** Where everything of a training job lies in its heap. The same inputs give the same plan in every thread. */
export interface TrainingPlan extends Moving {
  readonly structure: FlowStructure
  readonly task: TrainingTask
  readonly bytes: number
  readonly arena: Arena
  readonly phases: readonly PhasePlan[]
  readonly validationShards: Shards | undefined
  /** The parameters, and behind them the layers' state. */
  readonly params: Offset
  /** Their running average, with the state behind it as well; only where there is one. */
  readonly average: Offset
  /** What was before two steps, without the state, which stays: anchor k in the one of the parity of k. Only where a task has any. */
  readonly anchors: readonly [Moving, Moving]
  /** A copy of an anchor; only where the task has snapshots. */
  readonly snapshot: Moving
  /** Row-major standardised rows, [rows, dim + contextDim]. */
  readonly data: Offset
  readonly validationData: Offset
  /** A row's weight times −1, of mean −1 over the training rows, and over the validation rows; only where there are some. */
  readonly weights: Offset
  readonly validationWeights: Offset
  /** Row numbers of the epoch in shuffled order; only for minibatches. */
  readonly permutation: Offset
  /** f64, one a shard: the sum of its rows' log-densities, or of those times their weights of −1 in the mean. */
  readonly shardLoss: Offset
  readonly validationLoss: Offset
  /** The same of the averaged parameters. */
  readonly averagedLoss: Offset
  /** f64: the sum of squares of each block of the gradient; only where it may be clipped. */
  readonly squares: Offset
  /** i32: the step after which all ranks leave, or −1; written by rank 0 before a barrier. */
  readonly stopAfter: Offset
  /** i32: the step in which all ranks copy the anchor before into the snapshot, or −1; likewise. */
  readonly snapshotAt: Offset
  /** i32, the deal of the units. */
  readonly deal: Offset
  readonly ranks: readonly RankPlan[]
}

/** Parameter slices start on cache lines, so that two ranks never write to one, and on blocks of squares. */
const SLICE_ALIGNMENT = SQUARES_BLOCK

/** Lays out a training job for `size` ranks. */
export function planTraining(structure: FlowStructure, task: TrainingTask, size: number): TrainingPlan {
  const { parameterCount, description } = structure
  const arena = new Arena(description.precision)
  const batches = batchPhases(task.batch, task.rows, task.steps)
  const tileRows = batchTileRows(batches[0].batchRows, structure)
  const validationShards = task.validationRows > 0 ? cutIntoShards(task.validationRows, tileRows) : undefined
  const shards = batches.map(({ batchRows }) => cutIntoShards(batchRows, tileRows))
  const global = placeGlobals(structure, task, arena, {
    shards: Math.max(...shards.map(({ count }) => count)),
    validationShards: validationShards?.count ?? 0,
    minibatches: batches.some(({ batchRows }) => batchRows < task.rows),
    size,
  })
  const trees = shards.map(({ count }) => cutTree(count, mostUnits(parameterCount, size)))
  const slots = Array.from({ length: Math.max(...trees.map(({ length }) => length)) }, () => arena.real(parameterCount))
  const phases = batches.map((phase, i): PhasePlan => {
    const { count } = shards[i]
    const units = trees[i].map((tree, u) => ({ slot: slots[u], program: subtreeProgram(count, tree, 0, 1) }))
    return { ...phase, shards: shards[i], units, join: joinProgram(count, trees[i]) }
  })
  const spares = Math.max(...trees.map(([{ level }]) => level))
  const ranks = Array.from({ length: size }, (_, rank): RankPlan => {
    const slice = sliceOf(parameterCount, rank, size)
    return {
      tile: new Tile(structure, arena, 'train', tileRows, global.params),
      averaged:
        task.average && validationShards ? new Tile(structure, arena, 'evaluate', tileRows, global.average) : undefined,
      noise: arena.real(task.noise ? structure.dim * tileRows : 0),
      energy: task.energy && {
        samples: new Tile(structure, arena, 'train from noise', tileRows, global.params),
        discarded: arena.real(parameterCount),
        sum: arena.double(1),
      },
      spares: Array.from({ length: spares }, () => arena.real(parameterCount)),
      validationShards: runOf(validationShards?.count ?? 0, rank, size),
      slice,
      trained: without(slice, task.frozen),
    }
  })
  return { structure, task, arena, bytes: arena.bytes, phases, validationShards, ...global, ranks }
}

/** How many of what a plan has. */
interface Counts {
  readonly shards: number
  readonly validationShards: number
  readonly minibatches: boolean
  readonly size: number
}

function placeGlobals(
  { width, parameterCount, numberCount }: FlowStructure,
  task: TrainingTask,
  arena: Arena,
  { shards, validationShards, minibatches, size }: Counts,
) {
  const weighted = task.weighted ? 1 : 0
  const averaged = task.average ? 1 : 0
  const copy = (there: boolean): Moving => {
    const numbers = there ? parameterCount : 0
    return {
      params: arena.real(numbers),
      average: arena.real(averaged * numbers),
      firstMoment: arena.real(numbers),
      secondMoment: arena.real(numbers),
      best: arena.real(numbers),
    }
  }
  const anchored = (task.anchorEvery ?? 0) > 0
  const blocks = Math.ceil(parameterCount / SQUARES_BLOCK)
  const rows = takesRows(task) ? task.rows : 0
  return {
    params: arena.real(numberCount),
    average: arena.real(averaged * numberCount),
    firstMoment: arena.real(parameterCount),
    secondMoment: arena.real(parameterCount),
    best: arena.real(parameterCount),
    anchors: [copy(anchored), copy(anchored)] as const,
    snapshot: copy(anchored && task.snapshots === true),
    data: arena.real(rows * width),
    validationData: arena.real(task.validationRows * width),
    weights: arena.real(weighted * task.rows),
    validationWeights: arena.real(weighted * task.validationRows),
    permutation: arena.int(minibatches ? rows : 0),
    shardLoss: arena.double(shards),
    validationLoss: arena.double(validationShards),
    averagedLoss: arena.double(averaged * validationShards),
    squares: arena.double(task.clip < Number.POSITIVE_INFINITY ? blocks : 0),
    stopAfter: arena.int(1),
    snapshotAt: arena.int(1),
    deal: arena.int(dealLength(size)),
  }
}

/** What is left of a range without others, which are ascending and apart. */
function without({ first, end }: Range, others: readonly Range[]): Range[] {
  const left: Range[] = []
  let from = first
  for (const other of others) {
    if (other.end <= from || other.first >= end) continue
    if (other.first > from) left.push({ first: from, end: other.first })
    from = other.end
  }
  if (from < end) left.push({ first: from, end })
  return left
}

/** Units for each rank: enough for ranks of different speed to end together, where their sums take little memory. */
const UNITS_PER_RANK = { least: 4, most: 32 }
const UNIT_NUMBERS = 2 ** 22

/** How many units to deal at most; one rank alone sums as it goes. */
function mostUnits(parameterCount: number, size: number): number {
  if (size === 1) return 1
  const { least, most } = UNITS_PER_RANK
  return size * Math.min(most, Math.max(least, Math.floor(UNIT_NUMBERS / (parameterCount * size))))
}

function sliceOf(parameterCount: number, rank: number, size: number): Range {
  const blocks = Math.ceil(parameterCount / SLICE_ALIGNMENT)
  const run = runOf(blocks, rank, size)
  const first = Math.min(parameterCount, run.first * SLICE_ALIGNMENT)
  return { first, end: Math.min(parameterCount, run.end * SLICE_ALIGNMENT) }
}
