import { UsageError } from '../errors.js'
import type { Base, BaseSpec } from './base.js'
import { buildStandardNormal } from './standard-normal.js'

/** Builds a base for rows of `dim` coordinates with `contextDim` context columns. */
export type BaseBuilder = (spec: BaseSpec, dim: number, contextDim: number) => Base

const builders = new Map<string, BaseBuilder>([['standardNormal', buildStandardNormal]])

/** @throws UsageError where the type is unknown or its options are not usable. */
export function buildBase(spec: BaseSpec, dim: number, contextDim: number): Base {
  const builder = builders.get(spec?.type)
  if (!builder) {
    throw new UsageError(
      `No base is called ${JSON.stringify(spec?.type)}; known are ${[...builders.keys()].join(', ')}.`,
    )
  }
  return builder(spec, dim, contextDim)
}
