import { checkValues } from '../data/rows.js'
import { identityScaler, rowsOutside, type Scaler, STANDARDISED_BOUND } from '../data/scaler.js'
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

/**
 * Runs a flow's forward, inverse and gradient over any number of rows in a small heap of its own, on the calling
 * thread. Rows are row-major, standardised on the data side; densities are in standardised units.
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
  /** In f64: rows in the data's units, and the scaler's columns 4 times over. */
  readonly #unscaled: Offset
  readonly #mean: Offset
  readonly #sd: Offset
  readonly #inverseSd: Offset
  #scaler: Scaler

  constructor(structure: FlowStructure, kind: KernelKind) {
    const arena = new Arena(structure.description.precision)
    this.structure = structure
    const { tileRows, evaluationTileRows } = structure
    const rows = Math.max(CHUNK_TILES * tileRows, CHUNK_NUMBERS / structure.dim)
    this.chunkRows = evaluationTileRows * Math.ceil(rows / evaluationTileRows)
    this.#params = arena.real(structure.numberCount)
    this.#dParams = arena.real(structure.parameterCount)
    this.#tile = new Tile(structure, arena, 'evaluate', evaluationTileRows, this.#params)
    this.#differentiable = new Tile(structure, arena, 'differentiate', tileRows, this.#params)
    this.#differentiable.accumulateInto(this.#dParams)
    this.#rows = arena.real(this.chunkRows * structure.dim)
    this.#values = arena.real(this.chunkRows)
    this.#unscaled = arena.double(this.chunkRows * structure.dim)
    this.#mean = arena.double(this.#period)
    this.#sd = arena.double(this.#period)
    this.#inverseSd = arena.double(this.#period)
    this.#kernels = createKernels(createHeap(arena, kind, false))
    this.#tile.load(this.#kernels.heap)
    this.#differentiable.load(this.#kernels.heap)
    this.#scaler = identityScaler(structure.dim)
    this.setScaler(this.#scaler)
  }

  /** The flow's parameters and state from now on. */
  setNumbers(numbers: Reals): void {
    this.#kernels.heap.real.set(numbers, this.#params)
  }

  /** What rows are standardised by from now on. */
  setScaler(scaler: Scaler): void {
    const { f64 } = this.#kernels.heap
    const { mean, sd } = scaler
    for (let i = 0; i < this.#period; i++) {
      f64[this.#mean + i] = mean[i % this.structure.dim]
      f64[this.#sd + i] = sd[i % this.structure.dim]
      f64[this.#inverseSd + i] = 1 / sd[i % this.structure.dim]
    }
    this.#scaler = scaler
  }

  /**
   * Rows in the data's units → rows, standardised. Returns those beyond the bound, ascending; they are put there as
   * zeros, so that kernels stay finite, and count as log-density −∞ whatever comes out for them.
   * @throws DataError for NaN, naming row and column of this call.
   */
  loadRows(data: Float32Array | Float64Array): number[] {
    const { heap } = this.#kernels
    const { dim } = this.structure
    const [mean, inverseSd, period, n] = [this.#mean, this.#inverseSd, this.#period, data.length]
    let largest: number
    if (data instanceof Float32Array && heap.precision === 'float32') {
      const x = 2 * this.#unscaled
      heap.real.set(data, x)
      largest = this.#kernels.standardise(n, period, x, mean, inverseSd, this.#rows)
    } else {
      heap.f64.set(data, this.#unscaled)
      largest = this.#kernels.standardiseDoubles(n, period, this.#unscaled, mean, inverseSd, this.#rows)
    }
    // What lies outside is rare, and looked for only where there may be some: `largest` is rounded.
    if (largest < STANDARDISED_BOUND) return []
    const matrix = { data, rows: n / dim, columns: dim }
    if (Number.isNaN(largest)) checkValues(matrix, 'Batch', { infinite: true })
    const outside = rowsOutside(matrix, this.#scaler)
    for (const t of outside) this.rows.fill(0, t * dim, (t + 1) * dim)
    return outside
  }

  /** The first `count` rows in the data's units; until the next call. */
  unloadRows(count: number): Float64Array {
    const n = count * this.structure.dim
    this.#kernels.destandardise(n, this.#period, this.#rows, this.#mean, this.#sd, this.#unscaled)
    return this.#kernels.heap.f64.subarray(this.#unscaled, this.#unscaled + n)
  }

  /** Adds a number to the first `count` values, in float64. */
  shiftValues(count: number, value: number): void {
    this.#kernels.shift(count, value, this.#values)
  }

  /** Where the rows of a chunk are put before a call and found after it: [chunkRows, dim]. */
  get rows(): Reals {
    const { real } = this.#kernels.heap
    return real.subarray(this.#rows, this.#rows + this.chunkRows * this.structure.dim)
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

  get #period(): number {
    return 4 * this.structure.dim
  }

  #invert(tile: Tile, kernels: Kernels, first: number, n: number): void {
    tile.inverse(kernels)
    kernels.copy(n, tile.logDet, this.#values + first)
    kernels.scatter(this.structure.dim, tile.rows, n, tile.data, this.#rows + first * this.structure.dim)
  }

  /** Runs `work` tile by tile, after bringing the rows in on one side of the flow (or none). */
  #eachTile(
    tile: Tile,
    count: number,
    side: 'data' | 'noise' | undefined,
    work: (tile: Tile, kernels: Kernels, first: number, n: number) => void,
  ): void {
    const { dim } = this.structure
    for (let first = 0; first < count; first += tile.rows) {
      const n = Math.min(tile.rows, count - first)
      if (side) this.#kernels.gather(dim, tile.rows, n, this.#rows + first * dim, NONE, tile[side])
      work(tile, this.#kernels, first, n)
    }
  }
}
