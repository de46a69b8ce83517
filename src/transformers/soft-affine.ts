import * as v from 'valibot'
import {
  affineCouple,
  affineCoupleBackward,
  affineCoupleInverse,
  affineCoupleInverseBackward,
} from '../kernels/operations/couple.js'
import { part } from '../kernels/pass.js'
import { checkSpec } from '../options.js'
import type { Transformer, TransformerSpec } from './transformer.js'

/** The affine transformer with the tutorial's soft clamp: see `softAffineTransformer`. */
export function softAffine(): TransformerSpec {
  return { type: 'softAffine' }
}

export function buildSoftAffine(spec: TransformerSpec): Transformer {
  checkSpec(spec, v.strictObject({}))
  return softAffineTransformer
}

/**
 * z = (x + t)·e^s with a soft clamp on the log-scale, s = u·e^f, u = tanh(a·e^−f), |s| < e^f; θ = (a, t), f one learnable
 * number for all coordinates, 0 at the start. ln|∂z/∂x| = s. Source: Dinh et al., RealNVP, arXiv:1605.08803 §3.
 */
export const softAffineTransformer: Transformer = {
  label: 'Affine',
  numbers: 2,
  parameters: [{ name: 'f', shape: [1] }],
  initialise: ({ f }) => void f.fill(0),
  forward(pass, { params: { f }, theta, from: x, to: z, logDet }) {
    const [a, t, u, e] = [part(theta, 0), part(theta, 1), pass.tape(pass.rows), pass.tape(pass.rows)]
    affineCouple(pass, { f, a, t, x, z, logDet, u, e })
    /**
     * With e = e^s and z = (x + t) e:
     *   dx = dt = dz e
     *   ds = dz z + dLogDet                           (∂z/∂s = z, ∂logDet/∂s = 1)
     *   da = ds (1 − u²)                              (∂s/∂a)
     *   df += Σ ds (s − a (1 − u²))                   (∂s/∂f: s from the factor e^f, −a(1 − u²) from within tanh)
     */
    return ({ dParams: { f: df }, dTheta, dTo: dz, dFrom: dx, dLogDet }) =>
      affineCoupleBackward(pass, { f, a, u, e, z, dz, dLogDet, dx, da: part(dTheta, 0), dt: part(dTheta, 1), df })
  },
  inverse(pass, { params: { f }, theta, from: z, to: x, logDet }) {
    const [a, t, u, e] = [part(theta, 0), part(theta, 1), pass.tape(pass.rows), pass.tape(pass.rows)]
    affineCoupleInverse(pass, { f, a, t, z, x, logDet, u, e })
    /**
     * With e = e^−s and x = z e − t, so that z e = x + t:
     *   dz = dx e,  dt = −dx
     *   ds = −dx (x + t) − dLogDet                    (the inverse subtracts s from the log-det)
     *   da, df as above
     */
    return ({ dParams: { f: df }, dTheta, dTo: dx, dFrom: dz, dLogDet }) =>
      affineCoupleInverseBackward(pass, {
        ...{ f, a, t, u, e, x, dx, dLogDet, dz, df },
        da: part(dTheta, 0),
        dt: part(dTheta, 1),
      })
  },
}
