import { UsageError } from '../errors.js'
import { echo, unknownType } from '../options.js'
import type { Base, BaseSpec } from './base.js'
import { buildContaminated } from './contaminated.js'
import { buildDiagonalNormal } from './diagonal-normal.js'
import { buildFullNormal } from './full-normal.js'
import { buildGaussianMixture } from './gaussian-mixture.js'
import { buildStandardNormal } from './standard-normal.js'
import { buildStudentT } from './student-t.js'
import { buildUniformBox } from './uniform-box.js'

/** Builds a base for rows of `dim` coordinates with `contextDim` context columns. */
export type BaseBuilder = (spec: BaseSpec, dim: number, contextDim: number) => Base

const builders = new Map<string, BaseBuilder>([
  ['contaminated', buildContaminated(buildBase)],
  ['diagonalNormal', buildDiagonalNormal],
  ['fullNormal', buildFullNormal],
  ['gaussianMixture', buildGaussianMixture],
  ['standardNormal', buildStandardNormal],
  ['studentT', buildStudentT],
  ['uniformBox', buildUniformBox],
])

/** @throws UsageError where the type is unknown or its options are not usable. */
export function buildBase(spec: BaseSpec, dim: number, contextDim: number): Base {
  const builder = builders.get(spec?.type)
  if (!builder) {
    if (typeof spec?.type !== 'string') {
      const known = [...builders.keys()]
      throw new UsageError(`The base is ${echo(spec)}; expected the value of ${known.join('(…) or ')}(…).`)
    }
    throw unknownType('base', spec.type, builders)
  }
  return builder(spec, dim, contextDim)
}
