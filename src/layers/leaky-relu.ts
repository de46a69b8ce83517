import * as v from 'valibot'
import {
  leakyReLU as bend,
  leakyReLUBackward,
  leakyReLUInverse,
  leakyReLUInverseBackward,
} from '../kernels/operations/leaky-relu.js'
import { parts, type Span } from '../kernels/pass.js'
import { checkSpec } from '../options.js'
import { ln } from '../random/elementary.js'
import type { Layer, LayerSpec } from './layer.js'

/** Initial slopes α ~ U(0.5, 1): near the identity, and never close to the α = 0 that has no inverse. */
const INITIAL_SLOPE = { min: 0.5, max: 1 }

/** How many slopes a leaky ReLU has. */
export interface LeakyReLUOptions {
  /** Whether each column has a slope of its own; default one for all. */
  readonly perColumn?: boolean
}

/**
 * Leaky ReLU with one learnable slope α = e^raw for all coordinates, or one a column.
 *
 * z = x where x > 0, else αx; log|det ∂z/∂x| = raw · #{j : xⱼ ≤ 0}. α = e^raw > 0 keeps it invertible whatever
 * training does, and α may exceed 1. Parameters: raw [1] or [dim]. Source: Maas et al. 2013, made a bijection.
 */
export function leakyReLU(options: LeakyReLUOptions = {}): LayerSpec {
  return { type: 'leakyReLU', ...(options.perColumn && { perColumn: true }) }
}

const schema = v.strictObject({ perColumn: v.optional(v.boolean('true or false'), false) })

export function buildLeakyReLU(spec: LayerSpec, dim: number): Layer {
  return checkSpec(spec, schema).perColumn ? withSlopes(spec, dim) : withOneSlope(spec)
}

/** Each column bent by a slope of its own, as if it were alone. */
function withSlopes(spec: LayerSpec, dim: number): Layer {
  const one = withOneSlope(spec)
  const columns = Array.from({ length: dim }, (_, j) => j)
  const way =
    (direction: 'forward' | 'inverse'): Layer['forward'] =>
    (pass, { params: { raw }, from, to, ...call }) => {
      const column = (span: Span, j: number) => parts(span, j, 1)
      const backs = columns.map((j) =>
        one[direction](pass, { ...call, params: { raw: column(raw, j) }, from: column(from, j), to: column(to, j) }),
      )
      return ({ dParams, dTo, dFrom, ...gradients }) => {
        for (const j of columns) {
          const own = { dParams: { raw: column(dParams.raw, j) }, dTo: column(dTo, j), dFrom: column(dFrom, j) }
          backs[j]({ ...gradients, ...own })
        }
      }
    }
  return {
    ...one,
    parameters: [{ name: 'raw', shape: [dim] }],
    initialise({ raw }, stream) {
      for (const j of columns) one.initialise({ raw: raw.subarray(j, j + 1) }, stream)
    },
    forward: way('forward'),
    inverse: way('inverse'),
  }
}

function withOneSlope(spec: LayerSpec): Layer {
  return {
    spec,
    label: 'Leaky ReLU',
    parameters: [{ name: 'raw', shape: [1] }],
    initialise({ raw }, stream) {
      raw[0] = ln(INITIAL_SLOPE.min + (INITIAL_SLOPE.max - INITIAL_SLOPE.min) * stream.uniform())
    },
    forward(pass, { params: { raw }, from: x, to: z, logDet }) {
      bend(pass, { raw, x, z, logDet })
      pass.branch(z)
      /**
       * Where x > 0: dx = dz. Where x ≤ 0, z = αx and the log-det gains raw, with dα/draw = α:
       *   dx = α dz
       *   draw += dz · ∂(αx)/∂raw + dLogDet = dz · z + dLogDet
       * z has the sign of x, so x itself is not needed.
       */
      return ({ dParams: { raw: dRaw }, dTo: dz, dFrom: dx, dLogDet }) =>
        leakyReLUBackward(pass, { raw, z, dz, dLogDet, dx, dRaw })
    },
    inverse(pass, { params: { raw }, from: z, to: x, logDet }) {
      leakyReLUInverse(pass, { raw, z, x, logDet })
      pass.branch(x)
      /**
       * Where z > 0: dz = dx. Where z ≤ 0, x = e^−raw z and the log-det loses raw:
       *   dz = dx / α
       *   draw += dx · ∂(e^−raw z)/∂raw − dLogDet = −(dx · x + dLogDet)
       */
      return ({ dParams: { raw: dRaw }, dTo: dx, dFrom: dz, dLogDet }) =>
        leakyReLUInverseBackward(pass, { raw, x, dx, dLogDet, dz, dRaw })
    },
  }
}
