import type { BaseDraw } from '../bases/standard-normal.js'
import { type Arena, type Heap, NONE, type Offset } from '../kernels/heap.js'
import type { Kernels } from '../kernels/kernels.js'
import { record } from '../kernels/recording.js'
import type { LayerCall } from '../layers/layer.js'
import { type FlowStructure, largest } from './structure.js'

/** Whether the tile keeps every cloud and tape for a backward pass, and room for gradients. */
export type TileUse = 'evaluate' | 'differentiate'

/** Words of a recorded pass and where they lie in the heap. */
interface Pass {
  readonly words: Int32Array
  readonly first: Offset
  readonly end: Offset
}

/**
 * One thread's working tile: the cloud before and after every layer, tapes, gradients. Laid out in an arena once;
 * every pass over rows then runs in the same memory, so that memory does not grow with the data. For the same reason a
 * pass is always the same calls of the same kernels: they are recorded once, and each pass is one call.
 */
export class Tile {
  readonly structure: FlowStructure
  readonly rows: number
  /**
   * points[l] is the input of layer l on the data side, the last one is the noise: each [dim, rows]. Where nothing is
   * differentiated, every second one lies in the same place.
   */
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
  readonly #forward: Pass
  /** Directly behind `#forward`, so that both can be one call. */
  readonly #density: Pass
  readonly #inverse: Pass
  readonly #backward: Pass
  /** Where backward passes add the gradient of the parameters. */
  #dParams: Offset
  /** How `dLogProb` is seeded: almost always as for the tile before. */
  #seed = { value: 0, count: 0 }

  /** `dParams` is where backward passes add gradients until told otherwise, NONE for a tile that evaluates. */
  constructor(structure: FlowStructure, arena: Arena, use: TileUse, rows: number, params: Offset, dParams: Offset) {
    const { layers, dim, contextDim, offsets, base } = structure
    this.structure = structure
    this.rows = rows
    this.#dParams = dParams
    const differentiate = use === 'differentiate'
    const clouds = Array.from({ length: differentiate ? layers.length + 1 : 2 }, () => arena.real(dim * rows))
    this.points = Array.from({ length: layers.length + 1 }, (_, l) => clouds[l % clouds.length])
    this.context = contextDim > 0 ? arena.real(contextDim * rows) : NONE
    this.logDet = arena.real(rows)
    this.logProb = arena.real(rows)
    this.dLogProb = differentiate ? arena.real(rows) : NONE
    this.#gradients = differentiate ? [arena.real(dim * rows), arena.real(dim * rows)] : [NONE, NONE]
    const scratch = differentiate ? arena.real(largest([1, ...layers.map((layer) => layer.scratchLength(rows))])) : NONE
    const sharedTape = differentiate ? NONE : arena.real(largest([1, ...layers.map((layer) => layer.tapeLength(rows))]))
    const calls = layers.map(
      (layer, l): LayerCall => ({
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
      }),
    )
    this.#calls = calls

    const passes = {
      forward: record(dParams, (kernels) => {
        kernels.fill(rows, 0, this.logDet)
        for (let l = 0; l < layers.length; l++) layers[l].forward(kernels, calls[l])
      }),
      density: record(dParams, (kernels) => base.logProb(kernels, rows, this.noise, this.logDet, this.logProb)),
      inverse: record(dParams, (kernels) => {
        kernels.fill(rows, 0, this.logDet)
        for (let l = layers.length - 1; l >= 0; l--) layers[l].inverse(kernels, calls[l])
      }),
      backward: record(dParams, (kernels) => {
        if (!differentiate) return
        base.logProbBackward(kernels, rows, this.noise, this.dLogProb, this.#gradients[layers.length % 2])
        for (let l = layers.length - 1; l >= 0; l--) layers[l].backward(kernels, calls[l])
      }),
    }
    let at = arena.int(Object.values(passes).reduce((sum, words) => sum + words.length, 0))
    function place(words: Int32Array): Pass {
      const first = at
      at += words.length
      return { words, first, end: at }
    }
    this.#forward = place(passes.forward)
    this.#density = place(passes.density)
    this.#inverse = place(passes.inverse)
    this.#backward = place(passes.backward)
  }

  /** Writes the recorded passes into the heap; once, before the first of them. */
  load({ i32 }: Heap): void {
    for (const { words, first } of [this.#forward, this.#density, this.#inverse, this.#backward]) i32.set(words, first)
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
    this.#dParams = dParams
  }

  /** data → noise and logDet. */
  forward(kernels: Kernels): void {
    kernels.run(this.#forward.first, this.#forward.end, NONE)
  }

  /** data → noise, logDet and logProb[t] = logDet[t] + log p(noise[t]), in standardised units. */
  density(kernels: Kernels): void {
    kernels.run(this.#forward.first, this.#density.end, NONE)
  }

  /** noise → data; logDet is then the negative of the forward's. */
  inverse(kernels: Kernels): void {
    kernels.run(this.#inverse.first, this.#inverse.end, NONE)
  }

  sampleNoise(kernels: Kernels, draw: BaseDraw): void {
    this.structure.base.sample(kernels, this.rows, draw, this.noise)
  }

  /**
   * After `density`, with `dLogProb` seeded: adds the gradient of Σ dLogProb · logProb to the parameter gradients and
   * leaves that of the data in `dData`.
   */
  backward(kernels: Kernels): void {
    kernels.run(this.#backward.first, this.#backward.end, this.#dParams)
  }

  /** Seeds `dLogProb` with `value` on the first `count` rows and with 0 on the padding lanes. */
  seed(kernels: Kernels, value: number, count: number): void {
    if (value === this.#seed.value && count === this.#seed.count) return
    kernels.fill(count, value, this.dLogProb)
    kernels.fill(this.rows - count, 0, this.dLogProb + count)
    this.#seed = { value, count }
  }

  /** For each layer, which smooth piece the row lies on (see Layer.branches). */
  branches(kernels: Kernels, row: number): number[] {
    const { layers } = this.structure
    return layers.flatMap((layer, l) => layer.branches?.(kernels.heap, this.#calls[l], row) ?? [])
  }
}
