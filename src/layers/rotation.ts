import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { rotate, rotateBackward } from '../kernels/operations/rotate.js'
import type { Pass } from '../kernels/pass.js'
import type { Back } from '../nets/conditioner.js'
import { checkSpec } from '../options.js'
import type { Gradients, Layer, LayerCall, LayerSpec } from './layer.js'

/**
 * Two columns rotated by one learned angle, z = R(φ) x, R(φ) = (cos φ, −sin φ; sin φ, cos φ); ln|det ∂z/∂x| = 0.
 *
 * Parameters: angle [1], in radians, 0 at the start. The angle itself, rather than a rational map of a number to (cos, sin),
 * has no rotation at infinity, and its gradient needs no sine either: ∂z/∂φ is z turned by a right angle. For |φ| ≤ 10⁶.
 *
 * @throws UsageError, when a flow is made of it, where that does not have two columns.
 */
export function rotation(): LayerSpec {
  return { type: 'rotation' }
}

export function buildRotation(spec: LayerSpec, dim: number): Layer {
  checkSpec(spec, v.strictObject({}))
  if (dim !== 2) {
    throw new UsageError(`rotation turns two columns, but this flow has ${dim}: take householder() instead.`)
  }
  return {
    spec,
    label: 'Rotation',
    parameters: [{ name: 'angle', shape: [1] }],
    initialise: ({ angle }) => void angle.fill(0),
    forward: (pass, call) => turn(pass, call, 1),
    inverse: (pass, call) => turn(pass, call, -1),
  }
}

function turn(pass: Pass, { params: { angle }, from: x, to: z }: LayerCall, sign: 1 | -1): Back<Gradients> {
  rotate(pass, { sign, angle, x, z })
  /**
   * With z = R(±φ) x and ∂R(φ)/∂φ x = (−z₁, z₀):
   *   dx = R(∓φ) dz
   *   dφ += ± Σₜ (dz₁ z₀ − dz₀ z₁)
   */
  return ({ dParams: { angle: dAngle }, dTo: dz, dFrom: dx }) =>
    rotateBackward(pass, { sign, angle, z, dz, dx, dAngle })
}
