import * as v from 'valibot'
import { gaussian, gaussianBackward } from '../kernels/operations/gaussian.js'
import { locationScale, locationScaleBackward, locationScaleInverse } from '../kernels/operations/location-scale.js'
import { checkSpec } from '../options.js'
import { ln } from '../random/elementary.js'
import type { Base, BaseSpec } from './base.js'
import { columns, columnwise, LOCATION, perColumn, SCALE } from './columns.js'
import { buildTheta, type LearningOptions, learningEntries } from './theta.js'

export interface DiagonalNormalOptions extends LearningOptions {
  /** μ at the start, or for good, one for all columns or one for each; default 0. */
  readonly mean?: number | readonly number[]
  /** σ likewise; default 1. */
  readonly sd?: number | readonly number[]
}

/**
 * Independent normals, zⱼ ~ N(μⱼ, σⱼ²), in standardised units: ln p(z) = −Σⱼ (½((zⱼ − μⱼ)/σⱼ)² + ln σⱼ) − (dim/2) ln 2π, in
 * nats. θ = mean [dim], logSd [dim] = ln σ. A sample is μ + σn of dim normals n; a temperature multiplies its distance from μ.
 *
 * @throws UsageError, when a flow is made of it, where an option cannot be used.
 */
export function diagonalNormal(options: DiagonalNormalOptions = {}): BaseSpec {
  return { type: 'diagonalNormal', ...options }
}

const schema = v.strictObject({
  mean: v.optional(columnwise(LOCATION), 0),
  sd: v.optional(columnwise(SCALE), 1),
  ...learningEntries,
})

export function buildDiagonalNormal(spec: BaseSpec, dim: number, contextDim: number): Base {
  const { mean, sd, ...learning } = checkSpec(spec, schema)
  const slots = [
    { name: 'mean', shape: [dim] },
    { name: 'logSd', shape: [dim] },
  ]
  const [means, sds] = [perColumn(spec.type, 'mean', mean, dim), perColumn(spec.type, 'sd', sd, dim)]
  const start = () => ({ mean: columns(dim, means), logSd: columns(dim, sds).map(ln) })
  const { numbers, ...theta } = buildTheta(spec.type, { slots, start, ...learning }, contextDim)
  return {
    ...theta,
    spec,
    logProb(pass, { z, logDet, logProb, ...sources }) {
      const { of, back } = numbers(pass, sources)
      const [y, total] = [pass.tape(dim, pass.rows), pass.scratch(pass.rows)]
      locationScale(pass, { z, location: of.mean, logScale: of.logSd, logDet, y, total })
      gaussian(pass, { z: y, logDet: total, logProb })
      /**
       * With y = (z − μ)/σ, so that ∂y/∂z = 1/σ, ∂y/∂μ = −1/σ, ∂y/∂ln σ = −y:
       *   dy = −y dLogProb
       *   dz = dy/σ,  dμ = −dz
       *   d ln σ = −(dy y + dLogProb)                 (ln p also loses ln σ itself)
       */
      return ({ dParams, dContext, dLogProb, dz }) =>
        back({ dParams, dContext }, (through) => {
          const dy = pass.scratch(dim, pass.rows)
          gaussianBackward(pass, { z: y, dLogProb, dz: dy })
          through(['mean', 'logSd'], undefined, ({ mean: dLocation, logSd: dLogScale }) =>
            locationScaleBackward(pass, { y, logScale: of.logSd, dy, dTotal: dLogProb, dz, dLocation, dLogScale }),
          )
        })
    },
    normals: dim,
    uniforms: 0,
    sample(pass, { normals: y, z, ...sources }) {
      const { of } = numbers(pass, sources)
      locationScaleInverse(pass, { y, location: of.mean, logScale: of.logSd, z })
    },
  }
}
