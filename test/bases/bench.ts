import type { BaseSpec } from 'pushforward'
import { buildStructure, namedSlots } from '#flow/structure.js'
import { Tile } from '#flow/tile.js'
import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena, NONE, type Offset } from '#kernels/heap.js'
import type { Kernels } from '#kernels/kernels.js'
import { type ParameterSlot, slotLength, valuesOf } from '#nets/parameters.js'
import { randomStream } from '#random/stream.js'

/** A base alone: the flow has no layers. */
export interface Setting {
  readonly base: BaseSpec
  readonly dim: number
  readonly contextDim?: number
  readonly kernels?: KernelKind
  readonly rows?: number
}

/** A base alone in a flow, its passes recorded in a real tile: float64 under the reference kernels unless told. */
export class BaseBench {
  readonly kernels: Kernels
  readonly tile: Tile
  /** Of all that the base keeps, parameters and then state. */
  readonly slots: readonly ParameterSlot[]
  readonly parameters: number
  readonly rows: number
  readonly #params: Offset
  readonly #dParams: Offset

  constructor({ base, dim, contextDim = 0, kernels = 'portable', rows = 5 }: Setting) {
    const precision = kernels === 'simd' ? 'float32' : 'float64'
    const structure = buildStructure({ dim, contextDim, layers: [], base, precision })
    const arena = new Arena(precision)
    this.rows = rows
    this.slots = namedSlots(structure)
    this.parameters = structure.parameterCount
    this.#params = arena.real(structure.numberCount)
    this.#dParams = arena.real(this.parameters)
    this.tile = new Tile(structure, arena, 'differentiate both ways', rows, this.#params)
    this.kernels = createKernels(createHeap(arena, kernels, false))
    this.tile.load(this.kernels.heap)
    this.tile.accumulateInto(this.#dParams)
    const { parameters, state = [] } = structure.base
    const stateValues = valuesOf(state, this.numbers.subarray(structure.stateSlots[0]))
    structure.base.initialise(valuesOf(parameters, this.numbers), randomStream(7, 1, 0), stateValues)
  }

  /** Parameters and then state, in the heap. */
  get numbers(): Float32Array | Float64Array {
    const { numberCount } = this.tile.structure
    return this.kernels.heap.real.subarray(this.#params, this.#params + numberCount)
  }

  /** The numbers of a slot, called as in a model file. */
  numbersOf(name: string): Float32Array | Float64Array {
    let first = 0
    for (const slot of this.slots) {
      if (slot.name === name) return this.numbers.subarray(first, first + slotLength(slot))
      first += slotLength(slot)
    }
    throw new Error(`There is no slot ${name}, but ${this.slots.map((slot) => slot.name)}.`)
  }

  /** ln p of z [dim, rows]. */
  logProb(z: ArrayLike<number>, context: ArrayLike<number> = []): Float64Array {
    const { real } = this.kernels.heap
    const { tile, rows } = this
    real.set(z, tile.data)
    if (tile.context !== NONE) real.set(context, tile.context)
    tile.density(this.kernels)
    return Float64Array.from(real.subarray(tile.logProb, tile.logProb + rows))
  }

  /** Gradients of Σ weights·logProb after `logProb`. */
  differentiate(weights: ArrayLike<number>) {
    const { real } = this.kernels.heap
    const { tile, rows } = this
    real.set(weights, tile.dLogProb)
    real.fill(0, this.#dParams, this.#dParams + this.parameters)
    tile.backward(this.kernels)
    const copy = (at: Offset, size: number) => Float64Array.from(real.subarray(at, at + size))
    const { dim, contextDim } = tile.structure
    return {
      z: copy(tile.dNoise, dim * rows),
      params: copy(this.#dParams, this.parameters),
      context: tile.dContext === NONE ? new Float64Array(0) : copy(tile.dContext, contextDim * rows),
    }
  }

  /** Rows firstRow … of a sample, [dim, rows]. */
  sample(seed: number, firstRow = 0, { temperature = 1, context = [] as ArrayLike<number> } = {}): Float64Array {
    const { real } = this.kernels.heap
    if (this.tile.context !== NONE) real.set(context, this.tile.context)
    this.tile.sampleNoise(
      this.kernels,
      { keyLow: seed, keyHigh: 0, firstRow, purpose: 5, uniformPurpose: 9 },
      temperature,
    )
    const at = this.tile.noise
    return Float64Array.from(real.subarray(at, at + this.tile.structure.dim * this.rows))
  }
}

/** Standard normals of a stream of the tests' own. */
export function normals(n: number, seed: number): Float64Array {
  const stream = randomStream(seed, 97, 0)
  return Float64Array.from({ length: n }, () => stream.normal())
}
