import { subtract } from '../kernels/operations/activations.js'
import { copy, fill } from '../kernels/operations/memory.js'
import { type Pass, part, type Span } from '../kernels/pass.js'
import type { Transformer } from './transformer.js'

/** Writes down how `from` becomes `to` by the rows' t. */
type Way = (pass: Pass, call: { readonly t: Span; readonly from: Span; readonly to: Span }) => void

/** A transformer by one number t with ∂z/∂x = ∂z/∂t = 1, so that ln|∂z/∂x| = 0. */
export function shiftTransformer(label: string, forward: Way, inverse: Way): Transformer {
  return {
    label,
    numbers: 1,
    parameters: [],
    initialise() {},
    forward(pass, { theta, from, to }) {
      forward(pass, { t: part(theta, 0), from, to })
      /** dx = dz, dt = dz */
      return ({ dTo: dz, dFrom: dx, dTheta }) => {
        copy(pass, { x: dz, y: dx })
        copy(pass, { x: dz, y: part(dTheta, 0) })
      }
    },
    inverse(pass, { theta, from, to }) {
      inverse(pass, { t: part(theta, 0), from, to })
      /** dz = dx, dt = −dx */
      return ({ dTo: dx, dFrom: dz, dTheta }) => {
        copy(pass, { x: dx, y: dz })
        fill(pass, { value: 0, y: part(dTheta, 0) })
        subtract(pass, { x: dx, y: part(dTheta, 0) })
      }
    },
  }
}
