import * as v from 'valibot'
import { reflect, reflectBackward } from '../kernels/operations/reflect.js'
import { type Pass, part } from '../kernels/pass.js'
import type { Back } from '../nets/conditioner.js'
import { checkSpec, integer } from '../options.js'
import type { Gradients, Layer, LayerCall, LayerSpec } from './layer.js'

/** How many reflections an orthogonal mix is made of. */
export interface HouseholderOptions {
  /** How many; default dim, or dim + 1 where that is odd. An odd number has determinant −1 and cannot be the identity. */
  readonly reflections?: number
}

/**
 * An orthogonal map by Householder reflections, z = H_k … H_1 x, H = I − 2 v vᵀ/‖v‖²; ln|det ∂z/∂x| = 0. The inverse takes
 * them in reverse.
 *
 * Parameters: v [reflections, dim], drawn N(0, 1) in pairs of equal ones, which undo each other: an even number starts as
 * the identity. A v shorter than 10⁻¹⁵ reflects nothing. Source: Tomczak & Welling, arXiv:1611.09630 §3.
 *
 * @throws UsageError, when a flow is made of it, where reflections is no integer ≥ 1.
 */
export function householder(options: HouseholderOptions = {}): LayerSpec {
  return { type: 'householder', ...options }
}

const schema = v.strictObject({ reflections: v.optional(integer(1)) })

export function buildHouseholder(spec: LayerSpec, dim: number): Layer {
  const { reflections = 2 * Math.ceil(dim / 2) } = checkSpec(spec, schema)
  const first = () => Array.from({ length: reflections }, (_, r) => r)
  return {
    spec,
    label: 'Householder',
    parameters: [{ name: 'v', shape: [reflections, dim] }],
    initialise({ v: all }, stream) {
      for (let r = 0; r < reflections; r++) {
        const own = all.subarray(r * dim, (r + 1) * dim)
        if (r % 2 === 1) own.set(all.subarray((r - 1) * dim, r * dim))
        else for (let j = 0; j < dim; j++) own[j] = stream.normal()
      }
    },
    forward: (pass, call) => inOrder(pass, call, first()),
    inverse: (pass, call) => inOrder(pass, call, first().toReversed()),
  }
}

/** Reflects by each of the vectors, in this order; they are their own inverses. */
function inOrder(pass: Pass, { params, from, to }: LayerCall, order: readonly number[]): Back<Gradients> {
  const scratch = pass.scratch(pass.rows)
  for (const [n, r] of order.entries()) reflect(pass, { v: part(params.v, r), x: n === 0 ? from : to, z: to, scratch })
  /**
   * Of one reflection z = H x, with c = 2/‖v‖², a = v·x, b = v·dz, L = dz·x − c a b:
   *   dx = H dz
   *   dv = −c (b x + a dz) + c² a b v             (the last one from ∂c/∂v = −c² v)
   * and with x = z − c (v·z) v, a = −v·z, the terms along v cancel:
   *   dv += Σₜ c ((v·z) dz − b z)
   * so that outputs are enough: reflected again, they are the outputs of the reflection before.
   */
  return ({ dParams, dTo, dFrom: dx }) => {
    const [x, spare] = [pass.scratch(...to.shape), pass.scratch(2, pass.rows)]
    for (const [n, r] of order.toReversed().entries()) {
      const [z, dz] = n === 0 ? [to, dTo] : [x, dx]
      reflectBackward(pass, { v: part(params.v, r), z, dz, x, dx, dv: part(dParams.v, r), scratch: spare })
    }
  }
}
