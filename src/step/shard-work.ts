import type { Energy } from '../energies/energy.js'
import type { Tile } from '../flow/tile.js'
import { NONE, type Offset } from '../kernels/heap.js'
import type { Kernels } from '../kernels/kernels.js'
import { seedWords } from '../random/philox.js'
import { PURPOSE } from '../random/purposes.js'
import type { Batch } from './batches.js'
import type { Communicator } from './communicator.js'
import { noiseAt } from './noise.js'
import { type PhasePlan, type RankPlan, type TrainingPlan, takesRows, type Unit } from './plan.js'
import { ReverseKL } from './reverse-kl.js'
import { type Shards, shardRows } from './shards.js'

/** Rows of a pass and what is left of them. */
interface Part {
  readonly shards: Shards
  readonly data: Offset
  /** A row's place among the data; NONE where rows lie in order. */
  readonly indices: Offset
  readonly weights: Offset
  /** Where the shards' sums of log-densities go. */
  readonly losses: Offset
  /** The step that the rows are trained on; undefined where they are only looked at. */
  readonly step: number | undefined
}

/** One rank's passes over shards of rows: losses and gradients into the heap. */
export class ShardWork {
  readonly #kernels: Kernels
  readonly #plan: TrainingPlan
  readonly #own: RankPlan
  readonly #communicator: Communicator
  readonly #reverse: ReverseKL | undefined

  constructor(kernels: Kernels, plan: TrainingPlan, communicator: Communicator, energy?: Energy) {
    this.#kernels = kernels
    this.#plan = plan
    this.#own = plan.ranks[communicator.rank]
    this.#communicator = communicator
    this.#own.tile.load(kernels.heap)
    this.#own.averaged?.load(kernels.heap)
    this.#reverse = energy && new ReverseKL(kernels, plan, this.#own, energy)
  }

  /** A unit of shards forward and backward, added up along its part of the tree. */
  computeUnit({ slot, program }: Unit, { shards, batchRows }: PhasePlan, batch: Batch, step: number): void {
    const { structure, task, data, permutation, weights, shardLoss } = this.#plan
    const { spares, tile } = this.#own
    const kernels = this.#kernels
    const indices = batchRows < task.rows ? permutation + batch.start : NONE
    const part: Part = { shards, data, indices, weights, losses: shardLoss, step }
    const buffer = (index: number) => (index === 0 ? slot : spares[index - 1])
    for (const instruction of program) {
      if ('add' in instruction) {
        kernels.add(structure.parameterCount, buffer(instruction.add), buffer(instruction.to))
        continue
      }
      this.#communicator.checkAbort()
      const gradient = buffer(instruction.into)
      kernels.fill(structure.parameterCount, 0, gradient)
      tile.accumulateInto(gradient)
      if (takesRows(task)) this.#computeShard(tile, part, instruction.shard)
      this.#computeSamples(part, instruction.shard, step, gradient)
    }
  }

  /** This rank's part of the rows held out, by the parameters and by their average. */
  computeValidation(): void {
    const { validationShards, validationData, validationWeights, validationLoss, averagedLoss } = this.#plan
    const { tile, averaged, validationShards: own } = this.#own
    const shards = validationShards as Shards
    const part = { shards, data: validationData, indices: NONE, weights: validationWeights, step: undefined }
    for (let shard = own.first; shard < own.end; shard++) {
      this.#communicator.checkAbort()
      this.#computeShard(tile, { ...part, losses: validationLoss }, shard)
      if (averaged) this.#computeShard(averaged, { ...part, losses: averagedLoss }, shard)
    }
  }

  /** Σ log-density of a shard's rows into f64[losses + shard], and for training its gradient. */
  #computeShard(tile: Tile, { shards, data, indices, weights, losses, step }: Part, shard: number): void {
    const kernels = this.#kernels
    const { structure, task } = this.#plan
    const { width } = structure
    kernels.heap.f64[losses + shard] = 0
    const { first, end } = shardRows(shards, shard)
    for (let row = first; row < end; row += tile.rows) {
      const count = Math.min(tile.rows, end - row)
      if (tile.random)
        tile.setKey(kernels.heap, step === undefined ? undefined : { seed: task.seed, step, firstRow: row })
      this.#gather(width, count, data, indices, row, tile.data)
      if (step !== undefined && task.noise) this.#addNoise(tile, row, step)
      tile.density(kernels)
      if (task.weighted) this.#weigh(tile, count, weights, indices, row, losses + shard)
      else kernels.sum(count, tile.logProb, losses + shard)
      if (step === undefined) continue
      // The objective is −Σ log p, or a part of it; dividing by the batch waits for AdamW.
      if (!task.weighted) tile.seed(kernels, -(task.energy?.forward ?? 1), count)
      tile.backward(kernels)
    }
  }

  /** What a shard's samples add, where training is on an energy. */
  #computeSamples({ shards, losses }: Part, shard: number, step: number, gradient: Offset): void {
    if (!this.#reverse) return
    if (!takesRows(this.#plan.task)) this.#kernels.heap.f64[losses + shard] = 0
    this.#reverse.computeShard(shardRows(shards, shard), step, gradient, losses + shard)
  }

  /** `count` rows of an array [rows, columns] from row `row` of the batch on, into [columns, tile rows]. */
  #gather(columns: number, count: number, source: Offset, indices: Offset, row: number, target: Offset): void {
    const { rows } = this.#own.tile
    const [from, at] = indices === NONE ? [source + row * columns, NONE] : [source, indices + row]
    this.#kernels.gather(columns, rows, count, from, at, target)
  }

  /** Adds Σ −w ln p to a double. The weights lie where the way back reads its seeds, for those are −w, or in a tile without. */
  #weigh(tile: Tile, count: number, weights: Offset, indices: Offset, row: number, total: Offset): void {
    const kernels = this.#kernels
    const seeds = this.#own.tile.dLogProb
    this.#gather(1, count, weights, indices, row, seeds)
    kernels.fill(tile.rows - count, 0, seeds + count)
    kernels.dot(count, seeds, tile.logProb, total)
  }

  /** Drawn by seed, step and number of the row within the batch. */
  #addNoise(tile: Tile, row: number, step: number): void {
    const { task, structure } = this.#plan
    const sd = task.noise ? noiseAt(task.noise, step, task.steps) : 0
    if (sd === 0) return
    const { noise } = this.#own
    const [low, high] = seedWords(task.seed)
    this.#kernels.normal(structure.dim, tile.rows, low, high, row, step, PURPOSE.noise, noise)
    this.#kernels.addScaled(structure.dim * tile.rows, sd, noise, tile.data)
  }
}
