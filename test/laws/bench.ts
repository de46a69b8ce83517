import type { FlowDescription, Precision } from 'pushforward'
import { buildStructure } from '#flow/structure.js'
import { type RandomKey, Tile } from '#flow/tile.js'
import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena, NONE, type Offset } from '#kernels/heap.js'
import type { Kernels } from '#kernels/kernels.js'
import { randomStream } from '#random/stream.js'
import type { Case } from './cases/case.js'

export const SIDES = ['x', 'z'] as const

/** Rows of the tile that laws run on. */
export const ROWS = 5

export interface BenchOptions {
  readonly kernels?: KernelKind
  readonly rows?: number
  /** By which masks its passes drop hidden units; without it they drop none. */
  readonly key?: RandomKey
}

/** A case as the description of a flow of this one layer. */
export function descriptionOf({ spec, dim, contextDim = 0 }: Case, precision: Precision): FlowDescription {
  return { dim, contextDim, layers: [spec], base: { type: 'standardNormal' }, precision }
}

/** A bijection alone in a flow, its passes recorded in a real tile: float64 under the reference kernels unless told. */
export class LawBench {
  readonly kernels: Kernels
  readonly tile: Tile
  readonly parameters: number
  readonly rows: number
  readonly #params: Offset
  readonly #dParams: Offset

  constructor(given: Case, { kernels = 'portable', rows = ROWS, key }: BenchOptions = {}) {
    const precision = kernels === 'simd' ? 'float32' : 'float64'
    const structure = buildStructure(descriptionOf(given, precision))
    const arena = new Arena(precision)
    this.rows = rows
    this.parameters = structure.parameterCount
    this.#params = arena.real(structure.numberCount)
    this.#dParams = arena.real(this.parameters)
    this.tile = new Tile(structure, arena, 'differentiate both ways', rows, this.#params)
    this.kernels = createKernels(createHeap(arena, kernels, false))
    this.tile.load(this.kernels.heap)
    this.tile.setKey(this.kernels.heap, key)
    this.tile.accumulateInto(this.#dParams)
    const { real } = this.kernels.heap
    if (given.state) real.set(given.state, this.#params + this.parameters)
  }

  /** z (or x) and log-dets, feature-major; `from` names the side that `input` is on. */
  apply(from: 'x' | 'z', params: ArrayLike<number>, input: ArrayLike<number>, context: ArrayLike<number>) {
    const { real } = this.kernels.heap
    const { tile, rows } = this
    real.set(params, this.#params)
    real.set(input, from === 'x' ? tile.data : tile.noise)
    if (tile.context !== NONE) real.set(context, tile.context)
    if (from === 'x') tile.forward(this.kernels)
    else tile.inverse(this.kernels)
    const out = from === 'x' ? tile.noise : tile.data
    return {
      output: Float64Array.from(real.subarray(out, out + input.length)),
      logDet: Float64Array.from(real.subarray(tile.logDet, tile.logDet + rows)),
    }
  }

  branches(row: number, from: 'x' | 'z' = 'x'): string {
    return this.tile.branches(this.kernels, row, from === 'x' ? 'forward' : 'inverse').join()
  }

  /** Gradients of Σ dOutput·output + Σ dLogDet·logDet after `apply(from, …)`. */
  differentiate(from: 'x' | 'z', dOutput: ArrayLike<number>, dLogDet: ArrayLike<number>) {
    const { real } = this.kernels.heap
    const { tile, rows } = this
    const [into, outOf] = from === 'x' ? [tile.dData, tile.dNoise] : [tile.dNoise, tile.dData]
    const contextSize = tile.structure.contextDim * rows
    real.set(dOutput, outOf)
    real.set(dLogDet, tile.dLogProb)
    real.fill(0, this.#dParams, this.#dParams + this.parameters)
    if (tile.dContext !== NONE) real.fill(0, tile.dContext, tile.dContext + contextSize)
    if (from === 'x') tile.layersBackward(this.kernels)
    else tile.inverseBackward(this.kernels)
    const copy = (at: Offset, size: number) => Float64Array.from(real.subarray(at, at + size))
    return {
      input: copy(into, dOutput.length),
      params: copy(this.#dParams, this.parameters),
      context: tile.dContext === NONE ? new Float64Array(0) : copy(tile.dContext, contextSize),
    }
  }
}

/** What a pass goes by, feature-major. */
export interface Numbers {
  readonly params: Float64Array
  readonly input: Float64Array
  readonly context: Float64Array
}

/**
 * Parameters drawn wide: with this sd tanh saturates, slopes run from 0.1 to 8 and log-scales reach their clamp. Wider,
 * and e^s alone makes values so large (10⁵) that a difference at h = 1e-6 has no six digits left.
 */
const WIDE = 1

/** Numbers for a pass that starts on the side `from`: images of data where the noise does not fill the line. */
export function draw(given: Case, from: 'x' | 'z', seed: number, rows = ROWS): Numbers {
  const bench = new LawBench(given, { rows })
  const params = normals(bench.parameters, seed).map((value) => value * (given.wide ?? WIDE))
  const context = normals((given.contextDim ?? 0) * rows, seed + 2)
  const free = normals(given.dim * rows, seed + 1)
  if (from === 'z' && !given.imageOnly) return { params, input: free, context }
  const data = given.data ? free.map(given.data) : free
  return { params, input: from === 'x' ? data : bench.apply('x', params, data, context).output, context }
}

/** Standard normals of a stream of the tests' own. */
export function normals(n: number, seed: number): Float64Array {
  const stream = randomStream(seed, 99, 0)
  return Float64Array.from({ length: n }, () => stream.normal())
}
