import type { BaseDraw } from '../bases/standard-normal.js'
import { type Arena, NONE, type Offset } from '../kernels/heap.js'
import type { Kernels } from '../kernels/kernels.js'
import type { LayerCall } from '../layers/layer.js'
import type { FlowStructure } from './structure.js'

/** Whether the tile keeps tapes for a backward pass, and room for gradients. */
export type TileUse = 'evaluate' | 'differentiate'

/**
 * One thread's working tile: the cloud before and after every layer, tapes, gradients. Laid out in an arena once;
 * every pass over rows then runs in the same memory, so that memory does not grow with the data.
 */
export class Tile {
  readonly structure: FlowStructure
  readonly rows: number
  /** points[l] is the input of layer l on the data side, the last one is the noise: each [dim, rows]. */
  readonly points: readonly Offset[]
  /** [contextDim, rows] */
  readonly context: Offset
  /** [rows] each */
  readonly logDet: Offset
  readonly logProb: Offset
  /** The gradient of the objective with respect to each row's log-density; 0 on padding lanes. */
  readonly dLogProb: Offset
  /** Gradients of two neighbouring clouds, used in turn; [dim, rows] each. */
  readonly #gradients: readonly [Offset, Offset]
  readonly #calls: readonly LayerCall[]

  constructor(structure: FlowStructure, arena: Arena, use: TileUse, params: Offset, dParams: Offset) {
    const { layers, dim, contextDim, offsets, tileRows: rows } = structure
    this.structure = structure
    this.rows = rows
    const differentiate = use === 'differentiate'
    this.points = Array.from({ length: layers.length + 1 }, () => arena.real(dim * rows))
    this.context = contextDim > 0 ? arena.real(contextDim * rows) : NONE
    this.logDet = arena.real(rows)
    this.logProb = arena.real(rows)
    this.dLogProb = differentiate ? arena.real(rows) : NONE
    this.#gradients = differentiate ? [arena.real(dim * rows), arena.real(dim * rows)] : [NONE, NONE]
    const scratch = differentiate ? arena.real(Math.max(1, ...layers.map((layer) => layer.scratchLength(rows)))) : NONE
    const sharedTape = differentiate ? NONE : arena.real(Math.max(1, ...layers.map((layer) => layer.tapeLength(rows))))
    this.#calls = layers.map((layer, l) => ({
      rows,
      params: params + offsets[l],
      dParams: dParams === NONE ? NONE : dParams + offsets[l],
      x: this.points[l],
      z: this.points[l + 1],
      dx: this.#gradients[l % 2],
      dz: this.#gradients[(l + 1) % 2],
      logDet: this.logDet,
      dLogDet: this.dLogProb,
      context: this.context,
      dContext: NONE,
      tape: differentiate ? arena.real(layer.tapeLength(rows)) : sharedTape,
      scratch,
      mode: 'evaluate',
      key: { seed: 0, step: 0, layer: l, firstRow: 0 },
    }))
  }

  /** The gradient with respect to the tile's data after `backward`: [dim, rows]. */
  get dData(): Offset {
    return this.#gradients[0]
  }

  get data(): Offset {
    return this.points[0]
  }

  get noise(): Offset {
    return this.points[this.points.length - 1]
  }

  /** Lets the next backward passes add parameter gradients to another array of the same layout. */
  accumulateInto(dParams: Offset): void {
    const { offsets } = this.structure
    for (let l = 0; l < offsets.length; l++) this.#calls[l].dParams = dParams + offsets[l]
  }

  /** data → noise and logDet. */
  forward(kernels: Kernels): void {
    const { layers } = this.structure
    kernels.fill(this.rows, 0, this.logDet)
    for (let l = 0; l < layers.length; l++) layers[l].forward(kernels, this.#calls[l])
  }

  /** After `forward`: logProb[t] = logDet[t] + log p(noise[t]), in standardised units. */
  density(kernels: Kernels): void {
    this.structure.base.logProb(kernels, this.rows, this.noise, this.logDet, this.logProb)
  }

  /** noise → data; logDet is then the negative of the forward's. */
  inverse(kernels: Kernels): void {
    const { layers } = this.structure
    kernels.fill(this.rows, 0, this.logDet)
    for (let l = layers.length - 1; l >= 0; l--) layers[l].inverse(kernels, this.#calls[l])
  }

  sampleNoise(kernels: Kernels, draw: BaseDraw): void {
    this.structure.base.sample(kernels, this.rows, draw, this.noise)
  }

  /**
   * After `forward`, with `dLogProb` seeded: adds the gradient of Σ dLogProb · logProb to the parameter gradients and
   * leaves that of the data in `dData`.
   */
  backward(kernels: Kernels): void {
    const { layers, base } = this.structure
    base.logProbBackward(kernels, this.rows, this.noise, this.dLogProb, this.#gradients[layers.length % 2])
    for (let l = layers.length - 1; l >= 0; l--) layers[l].backward(kernels, this.#calls[l])
  }

  /** Seeds `dLogProb` with `value` on the first `count` rows and with 0 on the padding lanes. */
  seed(kernels: Kernels, value: number, count: number): void {
    kernels.fill(count, value, this.dLogProb)
    kernels.fill(this.rows - count, 0, this.dLogProb + count)
  }

  /** For each layer, which smooth piece the row lies on (see Layer.branches). */
  branches(kernels: Kernels, row: number): number[] {
    const { layers } = this.structure
    return layers.flatMap((layer, l) => layer.branches?.(kernels.heap, this.#calls[l], row) ?? [])
  }
}
