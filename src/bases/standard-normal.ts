import * as v from 'valibot'
import { gaussian, gaussianBackward } from '../kernels/operations/gaussian.js'
import { checkSpec } from '../options.js'
import type { Base, BaseSpec } from './base.js'

/** N(0, I): ln p(z) = −½‖z‖² − (dim/2) ln 2π, in nats, in standardised units. No numbers; a temperature multiplies z. */
export function standardNormal(): BaseSpec {
  return { type: 'standardNormal' }
}

export function buildStandardNormal(spec: BaseSpec, dim: number): Base {
  checkSpec(spec, v.strictObject({}))
  return {
    spec,
    parameters: [],
    initialise() {},
    logProb(pass, { z, logDet, logProb }) {
      gaussian(pass, { z, logDet, logProb })
      /** dz = −z · dLogProb */
      return ({ dLogProb, dz }) => gaussianBackward(pass, { z, dLogProb, dz })
    },
    normals: dim,
    uniforms: 0,
  }
}
