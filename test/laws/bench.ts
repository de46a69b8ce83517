import { createHeap, createKernels } from '#kernels/create.js'
import { Arena, NONE } from '#kernels/heap.js'
import type { Kernels } from '#kernels/kernels.js'
import type { LayerCall } from '#layers/layer.js'
import { buildLayer } from '#layers/registry.js'
import { parameterCount } from '#nets/parameters.js'
import { randomStream } from '#random/stream.js'
import type { Case } from './bijections.js'

/** Rows of the tile that laws run on. */
export const ROWS = 5

/** A bijection alone in a float64 heap of reference kernels, with arrays in and out. */
export class LawBench {
  readonly kernels: Kernels
  readonly layer
  readonly parameters: number
  readonly #call: LayerCall

  constructor({ spec, dim, contextDim = 0 }: Case) {
    this.layer = buildLayer(spec, dim, contextDim)
    this.parameters = parameterCount(this.layer.parameters)
    const arena = new Arena('float64')
    const cloud = () => arena.real(dim * ROWS)
    this.#call = {
      rows: ROWS,
      params: arena.real(this.parameters),
      dParams: arena.real(this.parameters),
      x: cloud(),
      z: cloud(),
      dx: cloud(),
      dz: cloud(),
      logDet: arena.real(ROWS),
      dLogDet: arena.real(ROWS),
      context: contextDim > 0 ? arena.real(contextDim * ROWS) : NONE,
      dContext: contextDim > 0 ? arena.real(contextDim * ROWS) : NONE,
      tape: arena.real(this.layer.tapeLength(ROWS)),
      scratch: arena.real(this.layer.scratchLength(ROWS)),
      mode: 'evaluate',
      key: { seed: 0, step: 0, layer: 0, firstRow: 0 },
    }
    this.kernels = createKernels(createHeap(arena, 'portable', false))
  }

  /** z (or x) and log-dets, feature-major; `from` names the side that `input` is on. */
  apply(from: 'x' | 'z', params: ArrayLike<number>, input: ArrayLike<number>, context: ArrayLike<number>) {
    const { real } = this.kernels.heap
    const call = this.#call
    const size = input.length
    real.set(params, call.params)
    real.set(input, call[from])
    if (call.context !== NONE) real.set(context, call.context)
    real.fill(0, call.logDet, call.logDet + ROWS)
    if (from === 'x') this.layer.forward(this.kernels, call)
    else this.layer.inverse(this.kernels, call)
    const out = from === 'x' ? call.z : call.x
    return {
      output: real.slice(out, out + size) as Float64Array,
      logDet: real.slice(call.logDet, call.logDet + ROWS) as Float64Array,
    }
  }

  branches(row: number): string {
    return (this.layer.branches?.(this.kernels.heap, this.#call, row) ?? []).join()
  }

  /** Gradients of Σ dOutput·output + Σ dLogDet·logDet after `apply(from, …)`. */
  differentiate(from: 'x' | 'z', dOutput: ArrayLike<number>, dLogDet: ArrayLike<number>) {
    const { real } = this.kernels.heap
    const call = this.#call
    const [into, outOf] = from === 'x' ? [call.dx, call.dz] : [call.dz, call.dx]
    real.set(dOutput, outOf)
    real.set(dLogDet, call.dLogDet)
    real.fill(0, call.dParams, call.dParams + this.parameters)
    const contextSize = this.layer.contextDim * ROWS
    if (call.dContext !== NONE) real.fill(0, call.dContext, call.dContext + contextSize)
    if (from === 'x') this.layer.backward(this.kernels, call)
    else this.layer.inverseBackward(this.kernels, call)
    return {
      input: real.slice(into, into + dOutput.length) as Float64Array,
      params: real.slice(call.dParams, call.dParams + this.parameters) as Float64Array,
      context: (call.dContext === NONE
        ? new Float64Array(0)
        : real.slice(call.dContext, call.dContext + contextSize)) as Float64Array,
    }
  }
}

/** Standard normals of a stream of the tests' own. */
export function normals(n: number, seed: number): Float64Array {
  const stream = randomStream(seed, 99, 0)
  return Float64Array.from({ length: n }, () => stream.normal())
}
