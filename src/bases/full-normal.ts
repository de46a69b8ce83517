import * as v from 'valibot'
import { gaussian, gaussianBackward } from '../kernels/operations/gaussian.js'
import { whiten, whitenBackward, whitenInverse } from '../kernels/operations/whiten.js'
import { checkSpec } from '../options.js'
import type { Base, BaseSpec } from './base.js'
import { COVARIANCE, columns, columnwise, LOCATION, perColumn, table } from './columns.js'
import { precisionFactor } from './precision-factor.js'
import { buildTheta, type LearningOptions, learningEntries } from './theta.js'

export interface FullNormalOptions extends LearningOptions {
  /** μ at the start, or for good, one number for all columns or one for each; default 0. */
  readonly mean?: number | readonly number[]
  /** Σ likewise, [dim, dim], symmetric and positive definite; default the identity. */
  readonly covariance?: readonly (readonly number[])[]
}

/**
 * The normal N(μ, Σ) with a full covariance, in standardised units: ln p(z) = Σᵢ ln Aᵢᵢ − ½‖A(z − μ)‖² − (dim/2) ln 2π, in
 * nats, with AᵀA = Σ⁻¹, A lower-triangular of positive diagonal, so that a density takes no solving. θ = mean [dim] and factor
 * [dim(dim + 1)/2], the rows of A up to the diagonal one after another, on the diagonal ln Aᵢᵢ. A sample is μ + A⁻¹n of dim
 * normals n; a temperature multiplies its distance from μ.
 *
 * @throws UsageError, when a flow is made of it, where an option cannot be used.
 */
export function fullNormal(options: FullNormalOptions = {}): BaseSpec {
  return { type: 'fullNormal', ...options }
}

const schema = v.strictObject({
  mean: v.optional(columnwise(LOCATION), 0),
  covariance: v.optional(table(COVARIANCE)),
  ...learningEntries,
})

export function buildFullNormal(spec: BaseSpec, dim: number, contextDim: number): Base {
  const { mean, covariance, ...learning } = checkSpec(spec, schema)
  const slots = [
    { name: 'mean', shape: [dim] },
    { name: 'factor', shape: [(dim * (dim + 1)) / 2] },
  ]
  const means = perColumn(spec.type, 'mean', mean, dim)
  // Of the identity all are 0.
  const factor = covariance && precisionFactor(spec.type, covariance, dim)
  const start = () => ({ mean: columns(dim, means), factor: factor ?? [] })
  const { numbers, ...theta } = buildTheta(spec.type, { slots, start, ...learning }, contextDim)
  return {
    ...theta,
    spec,
    logProb(pass, { z, logDet, logProb, ...sources }) {
      const { of, back } = numbers(pass, sources)
      const [y, total] = [pass.tape(dim, pass.rows), pass.scratch(pass.rows)]
      whiten(pass, { z, mean: of.mean, factor: of.factor, logDet, y, total })
      gaussian(pass, { z: y, logDet: total, logProb })
      /**
       * With y = A(z − μ) and total = logDet + Σ ln Aᵢᵢ:
       *   dy = −y dLogProb
       *   dz = Aᵀdy,  dμ = −dz
       *   dAᵢⱼ = dyᵢ (zⱼ − μⱼ), j < i
       *   d ln Aᵢᵢ = dyᵢ Aᵢᵢ (zᵢ − μᵢ) + dLogProb
       */
      return ({ dParams, dContext, dLogProb, dz }) =>
        back({ dParams, dContext }, (through) => {
          const dy = pass.scratch(dim, pass.rows)
          gaussianBackward(pass, { z: y, dLogProb, dz: dy })
          through(['mean', 'factor'], undefined, ({ mean: dMean, factor: dFactor }) =>
            whitenBackward(pass, { z, mean: of.mean, factor: of.factor, dy, dTotal: dLogProb, dz, dMean, dFactor }),
          )
        })
    },
    normals: dim,
    uniforms: 0,
    sample(pass, { normals: y, z, ...sources }) {
      const { of } = numbers(pass, sources)
      whitenInverse(pass, { y, mean: of.mean, factor: of.factor, z })
    },
  }
}
