import { RowTransform } from '../data/row-transform.js'
import { checkValues } from '../data/rows.js'
import {
  identityScaler,
  isBent,
  logScale,
  rowsOutside,
  type Scaler,
  STANDARDISED_BOUND,
  scalerPart,
} from '../data/scaler.js'
import { createHeap, createKernels, type KernelKind } from '../kernels/create.js'
import { Arena, NONE, type Offset, type Precision } from '../kernels/heap.js'
import type { Kernels } from '../kernels/kernels.js'
import { seedWords } from '../random/philox.js'
import { PURPOSE } from '../random/purposes.js'
import type { FlowStructure } from './structure.js'
import { type BaseDraw, Tile } from './tile.js'

/**
 * What passes through the heap at a time, in tiles of training or, where those are fewer, in numbers: enough to hide the
 * call, few enough to stay in cache.
 */
const CHUNK_TILES = 16
const CHUNK_NUMBERS = 2 ** 14

/** Typed reals of a precision. */
export type Reals<P extends Precision = Precision> = P extends 'float64' ? Float64Array : Float32Array

/** Where a scaler's figures lie in f64, for some of its columns; each is there 4 times over. */
interface Figures {
  readonly first: number
  readonly columns: number
  readonly period: number
  readonly mean: Offset
  readonly sd: Offset
  readonly inverseSd: Offset
}

/**
 * Runs a flow's forward, inverse and gradient over any number of rows in a small heap of its own, on the calling
 * thread. Rows are row-major, standardised on the data side; densities are in standardised units. Where a flow has a
 * context, rows come in with it behind them, [dim + contextDim], and go out without.
 */
export class Evaluator {
  readonly structure: FlowStructure
  readonly chunkRows: number
  readonly #kernels: Kernels
  /** For passes that nothing is differentiated after: one tape for all layers stays in the cache. */
  readonly #tile: Tile
  /** Also for those whose every cloud is looked at. */
  readonly #differentiable: Tile
  readonly #params: Offset
  readonly #rows: Offset
  readonly #values: Offset
  readonly #dParams: Offset
  /** Of the rows whose other side is noise: they come without it. */
  readonly #context: Offset
  /** Rows of it: 1 holds for all. */
  #contextRows = 0
  /** In f64: rows in the data's units. */
  readonly #unscaled: Offset
  /** Of rows as they come in, as they go out, and of the context alone. */
  readonly #whole: Figures
  readonly #data: Figures
  readonly #given: Figures
  #scaler: Scaler
  /** Where a scaler is more than lines; those are the kernels' work. */
  #transform: RowTransform | undefined

  constructor(structure: FlowStructure, kind: KernelKind) {
    const arena = new Arena(structure.description.precision)
    this.structure = structure
    const { tileRows, evaluationTileRows, dim, contextDim, width } = structure
    const rows = Math.max(CHUNK_TILES * tileRows, CHUNK_NUMBERS / width)
    this.chunkRows = evaluationTileRows * Math.ceil(rows / evaluationTileRows)
    this.#params = arena.real(structure.numberCount)
    this.#dParams = arena.real(structure.parameterCount)
    this.#tile = new Tile(structure, arena, 'evaluate', evaluationTileRows, this.#params)
    this.#differentiable = new Tile(structure, arena, 'differentiate', tileRows, this.#params)
    this.#differentiable.accumulateInto(this.#dParams)
    this.#rows = arena.real(this.chunkRows * width)
    this.#context = arena.real(this.chunkRows * contextDim)
    this.#values = arena.real(this.chunkRows)
    this.#unscaled = arena.double(this.chunkRows * width)
    this.#whole = placeFigures(arena, 0, width)
    this.#data = contextDim > 0 ? placeFigures(arena, 0, dim) : this.#whole
    this.#given = placeFigures(arena, dim, contextDim)
    this.#kernels = createKernels(createHeap(arena, kind, false))
    this.#tile.load(this.#kernels.heap)
    this.#differentiable.load(this.#kernels.heap)
    this.#scaler = identityScaler(width)
    this.setScaler(this.#scaler)
  }

  /** The flow's parameters and state from now on. */
  setNumbers(numbers: Reals): void {
    this.#kernels.heap.real.set(numbers, this.#params)
  }

  /** What rows are standardised by from now on. */
  setScaler(scaler: Scaler): void {
    const { f64 } = this.#kernels.heap
    for (const { first, columns, period, ...at } of [this.#whole, this.#data, this.#given]) {
      const { mean, sd } = scalerPart(scaler, first, first + columns)
      for (let i = 0; i < period; i++) {
        f64[at.mean + i] = mean[i % columns]
        f64[at.sd + i] = sd[i % columns]
        f64[at.inverseSd + i] = 1 / sd[i % columns]
      }
    }
    if (scaler !== this.#scaler) this.#transform = undefined
    if (isBent(scaler)) this.#transform ??= new RowTransform(scaler, this.structure.dim)
    this.#scaler = scaler
  }

  /**
   * Rows in the data's units, with their context → rows, standardised. Returns those beyond the bound, ascending; they are put there as
   * zeros, so that kernels stay finite, and count as log-density −∞ whatever comes out for them.
   * @throws DataError for NaN, naming row and column of this call.
   */
  loadRows(data: Float32Array | Float64Array): number[] {
    const { width } = this.structure
    const matrix = { data, rows: data.length / width, columns: width }
    if (this.#transform) {
      const outside = this.#transform.forward(data, this.rows)
      if (outside.length > 0) checkValues(matrix, 'Batch', { infinite: true })
      return outside
    }
    const largest = this.#standardise(data, this.#whole, this.#rows)
    // What lies outside is rare, and looked for only where there may be some: `largest` is rounded.
    if (largest < STANDARDISED_BOUND) return []
    if (Number.isNaN(largest)) checkValues(matrix, 'Batch', { infinite: true })
    const outside = rowsOutside(matrix, this.#scaler)
    for (const t of outside) this.rows.fill(0, t * width, (t + 1) * width)
    return outside
  }

  /**
   * The context, in its own units and within the bound, of the rows that next come from noise: a row for each of them, or
   * one for all; until the next call.
   */
  loadContext(context: Float32Array | Float64Array): void {
    this.#contextRows = context.length / this.structure.contextDim
    this.#standardise(context, this.#given, this.#context)
  }

  /** Returns the greatest absolute value. */
  #standardise(data: Float32Array | Float64Array, { period, mean, inverseSd }: Figures, target: Offset): number {
    const { heap } = this.#kernels
    if (data instanceof Float32Array && heap.precision === 'float32') {
      const x = 2 * this.#unscaled
      heap.real.set(data, x)
      return this.#kernels.standardise(data.length, period, x, mean, inverseSd, target)
    }
    heap.f64.set(data, this.#unscaled)
    return this.#kernels.standardiseDoubles(data.length, period, this.#unscaled, mean, inverseSd, target)
  }

  /** The first `count` rows in the data's units; until the next call. */
  unloadRows(count: number): Float64Array {
    const n = count * this.structure.dim
    if (this.#transform) {
      const x = this.#kernels.heap.f64.subarray(this.#unscaled, this.#unscaled + n)
      this.#transform.inverse(this.rows.subarray(0, n), x)
      return x
    }
    const { period, mean, sd } = this.#data
    this.#kernels.destandardise(n, period, this.#rows, mean, sd, this.#unscaled)
    return this.#kernels.heap.f64.subarray(this.#unscaled, this.#unscaled + n)
  }

  /** After `loadRows` and a call: adds ln|det| of the scaler to the first `count` values, in float64. */
  addScale(count: number): void {
    this.#shiftValues(count, 1)
  }

  /** After a call and `unloadRows`: takes it from them. */
  subtractScale(count: number): void {
    this.#shiftValues(count, -1)
  }

  /** After `loadRows`: the mean of ln|det| of the scaler over the first `count` rows, each times its weight. */
  meanScale(count: number, weights?: Float64Array): number {
    const constant = -logScale(this.#scaler, this.structure.dim)
    if (!this.#transform && !weights) return constant
    let sum = 0
    for (let t = 0; t < count; t++) sum += (weights ? weights[t] : 1) * (this.#transform?.logDets[t] ?? constant)
    return sum / count
  }

  #shiftValues(count: number, sign: number): void {
    if (!this.#transform) {
      this.#kernels.shift(count, -sign * logScale(this.#scaler, this.structure.dim), this.#values)
      return
    }
    const { values } = this
    const { logDets } = this.#transform
    for (let t = 0; t < count; t++) values[t] += sign * logDets[t]
  }

  /** After `loadRows` and `score`: rows → the gradients of the log-densities by x, in the data's units, in float64. */
  unloadScores(count: number): Float64Array {
    const { dim } = this.structure
    const n = count * dim
    const scores = this.#kernels.heap.f64.subarray(this.#unscaled, this.#unscaled + n)
    const { rows } = this
    if (this.#transform) {
      scores.set(rows.subarray(0, n))
      this.#transform.pullBack(scores)
    } else for (let i = 0; i < n; i++) scores[i] = rows[i] / this.#scaler.sd[i % dim]
    return scores
  }

  /**
   * Where the rows of a chunk are put before a call, [chunkRows, dim + contextDim] on the side of the data and
   * [chunkRows, dim] on that of the noise, and found after it: [chunkRows, dim].
   */
  get rows(): Reals {
    const { real } = this.#kernels.heap
    return real.subarray(this.#rows, this.#rows + this.chunkRows * this.structure.width)
  }

  /** Where a chunk's log-densities or log-dets are found: [chunkRows]. */
  get values(): Reals {
    return this.#kernels.heap.real.subarray(this.#values, this.#values + this.chunkRows)
  }

  /** rows → values: log-densities. */
  logProb(count: number): void {
    this.#eachTile(this.#tile, count, 'data', (tile, kernels, first, n) => {
      tile.density(kernels)
      kernels.copy(n, tile.logProb, this.#values + first)
    })
  }

  /** rows → rows: ∇ log p; values: log-densities. */
  score(count: number): void {
    this.#eachTile(this.#differentiable, count, 'data', (tile, kernels, first, n) => {
      tile.density(kernels)
      kernels.copy(n, tile.logProb, this.#values + first)
      tile.seed(kernels, 1, n)
      tile.backward(kernels)
      kernels.scatter(this.structure.dim, tile.rows, n, tile.dData, this.#rows + first * this.structure.dim)
    })
  }

  /** Sets the gradient of the objective to 0 before the first chunk. */
  clearGradient(): void {
    this.#kernels.fill(this.structure.parameterCount, 0, this.#dParams)
  }

  /** rows → values: log-densities; adds ∂(−Σ ln p)/∂parameters to `gradient`. */
  accumulateGradient(count: number): void {
    this.#eachTile(this.#differentiable, count, 'data', (tile, kernels, first, n) => {
      tile.density(kernels)
      kernels.copy(n, tile.logProb, this.#values + first)
      tile.seed(kernels, -1, n)
      tile.backward(kernels)
    })
  }

  /** What `accumulateGradient` has added up since `clearGradient`. */
  get gradient(): Reals {
    return this.#kernels.heap.real.subarray(this.#dParams, this.#dParams + this.structure.parameterCount)
  }

  /** rows: data → noise; values: log-dets. `onTile` sees the tile's clouds. */
  forward(count: number, onTile?: (tile: Tile, kernels: Kernels, first: number, n: number) => void): void {
    this.#eachTile(onTile ? this.#differentiable : this.#tile, count, 'data', (tile, kernels, first, n) => {
      tile.forward(kernels)
      kernels.copy(n, tile.logDet, this.#values + first)
      kernels.scatter(this.structure.dim, tile.rows, n, tile.noise, this.#rows + first * this.structure.dim)
      onTile?.(tile, kernels, first, n)
    })
  }

  /** rows: noise → data; values: log-dets of the inverse. */
  inverse(count: number, onTile?: (tile: Tile, kernels: Kernels, first: number, n: number) => void): void {
    this.#eachTile(onTile ? this.#differentiable : this.#tile, count, 'noise', (tile, kernels, first, n) => {
      this.#invert(tile, kernels, first, n)
      onTile?.(tile, kernels, first, n)
    })
  }

  /** Rows firstRow … firstRow + count of the sample with this seed → rows; the base's normals are multiplied by `temperature`. */
  sample(count: number, seed: number, firstRow: number, temperature: number): void {
    const [keyLow, keyHigh] = seedWords(seed)
    const drawn = { keyLow, keyHigh, purpose: PURPOSE.sample, uniformPurpose: PURPOSE.sampleUniforms }
    this.#eachTile(this.#tile, count, undefined, (tile, kernels, first, n) => {
      const draw: BaseDraw = { ...drawn, firstRow: firstRow + first }
      tile.sampleNoise(kernels, draw, temperature)
      this.#invert(tile, kernels, first, n)
    })
  }

  /** The noise that those rows of the sample come from → rows; `inverse` of some of them makes what `sample` makes of them. */
  sampleNoise(count: number, seed: number, firstRow: number, temperature: number): void {
    const [keyLow, keyHigh] = seedWords(seed)
    const drawn = { keyLow, keyHigh, purpose: PURPOSE.sample, uniformPurpose: PURPOSE.sampleUniforms }
    const { dim } = this.structure
    this.#eachTile(this.#tile, count, undefined, (tile, kernels, first, n) => {
      tile.sampleNoise(kernels, { ...drawn, firstRow: firstRow + first }, temperature)
      kernels.scatter(dim, tile.rows, n, tile.noise, this.#rows + first * dim)
    })
  }

  #invert(tile: Tile, kernels: Kernels, first: number, n: number): void {
    tile.inverse(kernels)
    kernels.copy(n, tile.logDet, this.#values + first)
    kernels.scatter(this.structure.dim, tile.rows, n, tile.data, this.#rows + first * this.structure.dim)
  }

  /**
   * Runs `work` tile by tile, after bringing the rows in on one side of the flow (or none), and their context. What `work`
   * leaves of a tile's rows is no wider, so that it never reaches those that are still to come.
   */
  #eachTile(
    tile: Tile,
    count: number,
    side: 'data' | 'noise' | undefined,
    work: (tile: Tile, kernels: Kernels, first: number, n: number) => void,
  ): void {
    const { dim, width } = this.structure
    const kernels = this.#kernels
    for (let first = 0; first < count; first += tile.rows) {
      const n = Math.min(tile.rows, count - first)
      if (side === 'data') kernels.gather(width, tile.rows, n, this.#rows + first * width, NONE, tile.data)
      if (side === 'noise') kernels.gather(dim, tile.rows, n, this.#rows + first * dim, NONE, tile.noise)
      if (side !== 'data') this.#bringContext(tile, first, n)
      work(tile, kernels, first, n)
    }
  }

  /** Into the tile of rows from `first` on; one that holds for all stays there, as no pass writes to it. */
  #bringContext(tile: Tile, first: number, n: number): void {
    const { contextDim } = this.structure
    if (contextDim === 0) return
    if (this.#contextRows > 1) {
      this.#kernels.gather(contextDim, tile.rows, n, this.#context + first * contextDim, NONE, tile.context)
      return
    }
    if (first > 0) return
    const { real } = this.#kernels.heap
    for (let j = 0; j < contextDim; j++) {
      this.#kernels.fill(tile.rows, real[this.#context + j], tile.context + j * tile.rows)
    }
  }
}

function placeFigures(arena: Arena, first: number, columns: number): Figures {
  const period = 4 * columns
  const [mean, sd, inverseSd] = [arena.double(period), arena.double(period), arena.double(period)]
  return { first, columns, period, mean, sd, inverseSd }
}
