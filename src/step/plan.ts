import type { FlowStructure } from '../flow/structure.js'
import { Tile } from '../flow/tile.js'
import { Arena, type Offset } from '../kernels/heap.js'
import type { Optimizer } from './adamw.js'
import { dealLength } from './deal.js'
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

/** What is trained and how: the part of a job that decides its numbers. Plain data, so that it can cross threads. */
export interface TrainingTask {
  readonly rows: number
  readonly validationRows: number
  /** Rows of a step; equal to `rows` for full-batch training. */
  readonly batchRows: number
  readonly steps: number
  /** The validation loss is computed at steps 0, every, 2·every, … */
  readonly validationEvery: number
  readonly optimizer: Optimizer
  readonly stopping: Stopping
  readonly seed: number
}

/** What ranks are dealt: a subtree of the shards, and where its sum goes. */
export interface Unit {
  readonly slot: Offset
  /** Buffer 0 is the slot, those from 1 on are the rank's spare ones. */
  readonly program: readonly Instruction[]
}

/** What belongs to one rank: its tile, its spare gradient buffers, and which parameters it updates. */
export interface RankPlan {
  readonly tile: Tile
  readonly spares: readonly Offset[]
  readonly validationShards: { readonly first: number; readonly end: number }
  /** Parameters [first, end) are summed and updated by this rank. */
  readonly slice: { readonly first: number; readonly end: number }
}

/** Where everything of a training job lies in its heap. The same inputs give the same plan in every thread. */
export interface TrainingPlan {
  readonly structure: FlowStructure
  readonly task: TrainingTask
  readonly bytes: number
  readonly arena: Arena
  readonly shards: Shards
  readonly validationShards: Shards | undefined
  /** The parameters, and behind them the layers' state. */
  readonly params: Offset
  readonly firstMoment: Offset
  readonly secondMoment: Offset
  readonly best: Offset
  /** Row-major standardised rows, [rows, dim + contextDim]. */
  readonly data: Offset
  readonly validationData: Offset
  /** Row numbers of the epoch in shuffled order; only for minibatches. */
  readonly permutation: Offset
  /** f64, one a shard: the sum of its rows' negative log-densities. */
  readonly shardLoss: Offset
  readonly validationLoss: Offset
  /** i32: the step after which all ranks leave, or −1; written by rank 0 before a barrier. */
  readonly stopAfter: Offset
  /** i32, the deal of the units. */
  readonly deal: Offset
  readonly units: readonly Unit[]
  /** The additions that join the units' sums into the first one's slot. */
  readonly join: readonly { readonly add: number; readonly to: number }[]
  readonly ranks: readonly RankPlan[]
}

/** Parameter slices start on cache lines, so that two ranks never write to one. */
const SLICE_ALIGNMENT = 16

/** Lays out a training job for `size` ranks. */
export function planTraining(structure: FlowStructure, task: TrainingTask, size: number): TrainingPlan {
  const { width, parameterCount, description } = structure
  const arena = new Arena(description.precision)
  const tileRows = batchTileRows(task.batchRows, structure)
  const shards = cutIntoShards(task.batchRows, tileRows)
  const validationShards = task.validationRows > 0 ? cutIntoShards(task.validationRows, tileRows) : undefined
  const global = {
    params: arena.real(structure.numberCount),
    firstMoment: arena.real(parameterCount),
    secondMoment: arena.real(parameterCount),
    best: arena.real(parameterCount),
    data: arena.real(task.rows * width),
    validationData: arena.real(task.validationRows * width),
    permutation: arena.int(task.batchRows < task.rows ? task.rows : 0),
    shardLoss: arena.double(shards.count),
    validationLoss: arena.double(validationShards?.count ?? 0),
    stopAfter: arena.int(1),
    deal: arena.int(dealLength(size)),
  }
  const subtrees = cutTree(shards.count, mostUnits(parameterCount, size))
  const units = subtrees.map((subtree) => ({
    slot: arena.real(parameterCount),
    program: subtreeProgram(shards.count, subtree, 0, 1),
  }))
  const ranks = Array.from({ length: size }, (_, rank): RankPlan => {
    return {
      tile: new Tile(structure, arena, 'train', tileRows, global.params),
      spares: Array.from({ length: subtrees[0].level }, () => arena.real(parameterCount)),
      validationShards: runOf(validationShards?.count ?? 0, rank, size),
      slice: sliceOf(parameterCount, rank, size),
    }
  })
  const join = joinProgram(shards.count, subtrees)
  return { structure, task, arena, bytes: arena.bytes, shards, validationShards, ...global, units, join, ranks }
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

function sliceOf(parameterCount: number, rank: number, size: number): { first: number; end: number } {
  const blocks = Math.ceil(parameterCount / SLICE_ALIGNMENT)
  const run = runOf(blocks, rank, size)
  const first = Math.min(parameterCount, run.first * SLICE_ALIGNMENT)
  return { first, end: Math.min(parameterCount, run.end * SLICE_ALIGNMENT) }
}
