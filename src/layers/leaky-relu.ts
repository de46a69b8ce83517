import type { Heap } from '../kernels/heap.js'
import { ln } from '../random/elementary.js'
import type { Layer, LayerSpec } from './layer.js'

/** Initial slopes α ~ U(0.5, 1): near the identity, and never close to the α = 0 that has no inverse. */
const INITIAL_SLOPE = { min: 0.5, max: 1 }

/**
 * Leaky ReLU with one learnable slope α = e^raw for all coordinates.
 *
 * z = x where x > 0, else αx; log|det ∂z/∂x| = raw · #{j : xⱼ ≤ 0}. α = e^raw > 0 keeps it invertible whatever
 * training does, and α may exceed 1. Parameters: raw [1]. Source: Maas et al. 2013, made a bijection.
 */
export function leakyReLU(): LayerSpec {
  return { type: 'leakyReLU' }
}

export function buildLeakyReLU(spec: LayerSpec, dim: number, contextDim: number): Layer {
  return {
    spec,
    label: 'Leaky ReLU',
    dim,
    contextDim,
    parameters: [{ name: 'raw', shape: [1] }],
    tapeLength: () => 0,
    revisited: 0,
    scratchLength: () => 0,
    initialise(params, stream) {
      params[0] = ln(INITIAL_SLOPE.min + (INITIAL_SLOPE.max - INITIAL_SLOPE.min) * stream.uniform())
    },
    forward(kernels, { rows, params, x, z, logDet }) {
      kernels.leakyReLU(dim, rows, params, x, z, logDet)
    },
    /**
     * Where x > 0: dx = dz. Where x ≤ 0, z = αx and the log-det gains raw, with dα/draw = α:
     *   dx = α dz
     *   draw += dz · ∂(αx)/∂raw + dLogDet = dz · z + dLogDet
     * z has the sign of x, so x itself is not needed.
     */
    backward(kernels, { rows, params, z, dz, dLogDet, dx, dParams }) {
      kernels.leakyReLUBackward(dim, rows, params, z, dz, dLogDet, dx, dParams)
    },
    inverse(kernels, { rows, params, x, z, logDet }) {
      kernels.leakyReLUInverse(dim, rows, params, z, x, logDet)
    },
    /**
     * Where z > 0: dz = dx. Where z ≤ 0, x = e^−raw z and the log-det loses raw:
     *   dz = dx / α
     *   draw += dx · ∂(e^−raw z)/∂raw − dLogDet = −(dx · x + dLogDet)
     */
    inverseBackward(kernels, { rows, params, x, dx, dLogDet, dz, dParams }) {
      kernels.leakyReLUInverseBackward(dim, rows, params, x, dx, dLogDet, dz, dParams)
    },
    branches(heap: Heap, { rows, x }, row) {
      return Array.from({ length: dim }, (_, j) => (heap.real[x + j * rows + row] > 0 ? 1 : 0))
    },
  }
}
