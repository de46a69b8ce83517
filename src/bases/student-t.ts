import * as v from 'valibot'
import { locationScale, locationScaleBackward, locationScaleInverse } from '../kernels/operations/location-scale.js'
import {
  studentT as density,
  studentDegrees,
  studentTBackward,
  studentTInverse,
} from '../kernels/operations/student-t.js'
import type { Pass, Span } from '../kernels/pass.js'
import { checkSpec } from '../options.js'
import { ln } from '../random/elementary.js'
import type { Base, BaseSpec } from './base.js'
import { columns, columnwise, LOCATION, perColumn, SCALE } from './columns.js'
import { buildTheta, type LearningOptions, learningEntries } from './theta.js'

export interface StudentTOptions extends LearningOptions {
  /** Degrees of freedom ν at the start, or for good, above ½, one number for all columns or one for each; default 5. */
  readonly degrees?: number | readonly number[]
  /** μ likewise; default 0. */
  readonly location?: number | readonly number[]
  /** σ likewise; default 1. */
  readonly scale?: number | readonly number[]
}

/**
 * Independent Student-t numbers, zⱼ = μⱼ + σⱼtⱼ, in standardised units; a base with heavy tails. With y = (z − μ)/σ
 *
 *   ln p(z) = Σⱼ ln Γ((νⱼ+1)/2) − ln Γ(νⱼ/2) − ½ ln νⱼπ − ln σⱼ − ½(νⱼ+1) ln(1 + yⱼ²/νⱼ), in nats.
 *
 * θ = location [dim], logScale [dim] = ln σ, rawDegrees [dim], ν = ½ + e^raw: a ν of ½ or less has samples beyond float32. A
 * sample takes two normals n, m a column, t = n·√(ν(e^(r/ν) − 1)/r), r = n² + m²; a temperature multiplies both, so that it
 * shrinks tails more than the middle, as it does where ν is large and t normal. Source: Bailey, Math. Comp. 62 (1994) 779–781,
 * whose radius is here that of a pair of normals.
 *
 * @throws UsageError, when a flow is made of it, where an option cannot be used.
 */
export function studentT(options: StudentTOptions = {}): BaseSpec {
  return { type: 'studentT', ...options }
}

/** What ν is above. */
const LEAST = 0.5
const DEGREES = { words: 'a number above 0.5, at most 10⁶', holds: (nu: number) => nu > LEAST && nu <= 1e6 }

const schema = v.strictObject({
  degrees: v.optional(columnwise(DEGREES), 5),
  location: v.optional(columnwise(LOCATION), 0),
  scale: v.optional(columnwise(SCALE), 1),
  ...learningEntries,
})

export function buildStudentT(spec: BaseSpec, dim: number, contextDim: number): Base {
  const { degrees, location, scale, ...learning } = checkSpec(spec, schema)
  const slots = ['location', 'logScale', 'rawDegrees'].map((name) => ({ name, shape: [dim] }))
  const [nus, locations, scales] = [
    perColumn(spec.type, 'degrees', degrees, dim),
    perColumn(spec.type, 'location', location, dim),
    perColumn(spec.type, 'scale', scale, dim),
  ]
  const start = () => ({
    location: columns(dim, locations),
    logScale: columns(dim, scales).map(ln),
    rawDegrees: columns(dim, nus).map((nu) => ln(nu - LEAST)),
  })
  const { numbers, ...theta } = buildTheta(spec.type, { slots, start, ...learning }, contextDim)
  return {
    ...theta,
    spec,
    logProb(pass, { z, logDet, logProb, ...sources }) {
      const { of, back } = numbers(pass, sources)
      const [y, total] = [pass.tape(dim, pass.rows), pass.scratch(pass.rows)]
      const shape = degreesOf(pass, of.rawDegrees)
      locationScale(pass, { z, location: of.location, logScale: of.logScale, logDet, y, total })
      density(pass, { z: y, degrees: shape.degrees, constant: shape.constant, logDet: total, logProb })
      /**
       * With q = y²/ν, p = q/(1 + q), c the terms with Γ and ½ ln νπ:
       *   dy = −dLogProb (ν + 1)/ν · y/(1 + q)
       *   dν = dLogProb (c′ − ½ ln(1 + q) + ½ (ν + 1)/ν · p),  draw = dν e^raw
       *   dz = dy/σ,  dμ = −dz,  d ln σ = −(dy y + dLogProb)
       */
      return ({ dParams, dContext, dLogProb, dz }) =>
        back({ dParams, dContext }, (through) => {
          const dy = pass.scratch(dim, pass.rows)
          const { degrees, slope } = shape
          through(['rawDegrees'], undefined, ({ rawDegrees: dRaw }) =>
            studentTBackward(pass, { z: y, raw: of.rawDegrees, degrees, slope, dLogProb, dz: dy, dRaw }),
          )
          through(['location', 'logScale'], undefined, ({ location: dLocation, logScale: dLogScale }) =>
            locationScaleBackward(pass, { y, logScale: of.logScale, dy, dTotal: dLogProb, dz, dLocation, dLogScale }),
          )
        })
    },
    normals: 2 * dim,
    uniforms: 0,
    sample(pass, { normals, z, ...sources }) {
      const { of } = numbers(pass, sources)
      const t = pass.scratch(dim, pass.rows)
      studentTInverse(pass, { normals, degrees: degreesOf(pass, of.rawDegrees).degrees, z: t })
      locationScaleInverse(pass, { y: t, location: of.location, logScale: of.logScale, z })
    },
  }
}

/** ν, the constant of the density, and its slope by ν. */
function degreesOf(pass: Pass, raw: Span): Record<'degrees' | 'constant' | 'slope', Span> {
  const numbers = {
    degrees: pass.tape(...raw.shape),
    constant: pass.tape(...raw.shape),
    slope: pass.tape(...raw.shape),
  }
  studentDegrees(pass, { raw, ...numbers })
  return numbers
}
