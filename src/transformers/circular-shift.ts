import * as v from 'valibot'
import { circularShiftInverse, circularShift as shift } from '../kernels/operations/affine-maps.js'
import { checkSpec, number } from '../options.js'
import { shiftTransformer } from './shift.js'
import type { Transformer, TransformerSpec } from './transformer.js'

/** The circle on which columns are shifted. */
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
  return shiftTransformer(
    'Circular Shift',
    (pass, { t: phi, from: x, to: z }) => shift(pass, { box, phi, x, z }),
    (pass, { t: phi, from: z, to: x }) => circularShiftInverse(pass, { box, phi, z, x }),
  )
}
