import * as v from 'valibot'
import { subtract } from '../kernels/operations/activations.js'
import { circularShiftInverse, circularShift as shift } from '../kernels/operations/affine-maps.js'
import { copy, fill } from '../kernels/operations/memory.js'
import { part } from '../kernels/pass.js'
import { checkSpec, number } from '../options.js'
import type { Transformer, TransformerSpec } from './transformer.js'

export interface CircularShiftOptions {
  /** Half the period; default π, for angles in radians. */
  readonly box?: number
}

/** z = x + φ modulo 2·box, in [−box, box): a rotation of angles, ln|∂z/∂x| = 0; θ = φ. */
export function circularShift({ box }: CircularShiftOptions = {}): TransformerSpec {
  return { type: 'circularShift', ...(box !== undefined && { box }) }
}

const schema = v.strictObject({
  box: v.optional(
    number('a number above 0', (b) => b > 0),
    Math.PI,
  ),
})

export function buildCircularShift(spec: TransformerSpec): Transformer {
  const { box } = checkSpec(spec, schema)
  return {
    label: 'Circular Shift',
    numbers: 1,
    parameters: [],
    initialise() {},
    forward(pass, { theta, from: x, to: z }) {
      shift(pass, { box, phi: part(theta, 0), x, z })
      /** dx = dz, dφ = dz */
      return ({ dTo: dz, dFrom: dx, dTheta }) => {
        copy(pass, { x: dz, y: dx })
        copy(pass, { x: dz, y: part(dTheta, 0) })
      }
    },
    inverse(pass, { theta, from: z, to: x }) {
      circularShiftInverse(pass, { box, phi: part(theta, 0), z, x })
      /** dz = dx, dφ = −dx */
      return ({ dTo: dx, dFrom: dz, dTheta }) => {
        copy(pass, { x: dx, y: dz })
        fill(pass, { value: 0, y: part(dTheta, 0) })
        subtract(pass, { x: dx, y: part(dTheta, 0) })
      }
    },
  }
}
