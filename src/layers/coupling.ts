import * as v from 'valibot'
import { UsageError } from '../errors.js'
import type { ConditionerSpec } from '../nets/conditioner.js'
import { buildConditioner } from '../nets/registry.js'
import { checkSpec, echo, part } from '../options.js'
import { buildConditioned, buildTransformer } from '../transformers/registry.js'
import type { TransformerSpec } from '../transformers/transformer.js'
import { chain } from './chain.js'
import { coordinates, couple } from './couple.js'
import type { Layer, LayerSpec } from './layer.js'
import { transformColumns } from './transform-columns.js'

/** Which columns a coupling moves, by what map, and by what net. */
export interface CouplingOptions {
  /** One entry a coordinate: 1 or true = kept (and fed to the conditioner), 0 or false = transformed. */
  readonly mask: readonly (number | boolean)[]
  readonly transformer: TransformerSpec
  /** Default mlp(). */
  readonly conditioner?: ConditionerSpec
  /** How each kept coordinate is transformed by parameters of its own; default not at all. */
  readonly kept?: TransformerSpec
}

/**
 * Coupling: z_a = x_a for the coordinates that the mask keeps, z_b = τ(x_b; θ) for the others, θ = net(x_a, context).
 * ln|det ∂z/∂x| is the sum of the transformer's. Source: Dinh et al., NICE, arXiv:1410.8516 §3; RealNVP, arXiv:1605.08803.
 *
 * @throws UsageError, when a flow is made of it, where the mask keeps or transforms nothing.
 */
export function coupling({ mask, ...options }: CouplingOptions): LayerSpec {
  return { type: 'coupling', mask: [...mask].map(Number), ...options }
}

/** A mask that keeps coordinate j where i + j is even. */
export function alternatingMask(dim: number, i: number): number[] {
  return Array.from({ length: dim }, (_, j) => (i + j + 1) % 2)
}

const schema = v.strictObject({
  mask: v.array(v.picklist([0, 1], 'entries that are each 0 or 1'), 'one entry a coordinate, each 0 or 1'),
  transformer: part('a transformer, such as rationalQuadratic({ bins: 8 })'),
  conditioner: v.optional(part('a conditioner, such as mlp({ hidden: [64] })'), { type: 'mlp' }),
  kept: v.optional(part('a transformer, such as rationalQuadratic({ bins: 8 })')),
})

/** @throws UsageError where the mask does not fit. */
export function checkMask(name: string, mask: readonly number[], dim: number): void {
  if (mask.length !== dim || !mask.every((m) => m === 0 || m === 1)) {
    throw new UsageError(`${name}'s mask is ${echo(mask)}; expected ${dim} entries, each 0 or 1.`)
  }
  if (!mask.includes(0) || !mask.includes(1)) {
    throw new UsageError(`${name}'s mask ${echo(mask)} must keep (1) and transform (0) one coordinate or more.`)
  }
}

export function buildCoupling(spec: LayerSpec, dim: number, contextDim: number): Layer {
  const { mask, transformer: map, conditioner, kept } = checkSpec(spec, schema)
  checkMask('coupling', mask, dim)
  const [seen, moved] = [coordinates(mask, 1), coordinates(mask, 0)]
  const transformer = buildConditioned('coupling', map)
  const outputs = transformer.numbers * moved.length
  const net = buildConditioner(conditioner, seen.length + contextDim, outputs, contextDim)
  const coupled = couple(mask, net, transformer)
  const whole = kept
    ? chain(['coupling', 'kept'], coupled, transformColumns(dim, seen, buildTransformer(kept)))
    : coupled
  return { ...whole, spec, label: `${transformer.label} Coupling` }
}
