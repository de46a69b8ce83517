import * as v from 'valibot'
import { UsageError } from '../errors.js'
import type { ConditionerSpec } from '../nets/conditioner.js'
import { buildConditioner } from '../nets/registry.js'
import { checkSpec, part } from '../options.js'
import { buildConditioned, buildTransformer } from '../transformers/registry.js'
import type { TransformerSpec } from '../transformers/transformer.js'
import { allColumns, checkColumns, columnNumbers } from './columns.js'
import type { Layer, LayerSpec } from './layer.js'
import { transformColumns } from './transform-columns.js'

/** Which columns are moved, each by itself, and by what map. */
export interface ElementwiseOptions {
  readonly transformer: TransformerSpec
  /** What makes the transformer's numbers of the context; without it they are parameters. */
  readonly conditioner?: ConditionerSpec
  /** Which columns are transformed; default all. */
  readonly columns?: readonly number[]
}

/** Every column by a transformer of its own: see `transformColumns`. */
export function elementwise(options: ElementwiseOptions): LayerSpec {
  return { type: 'elementwise', ...options }
}

const schema = v.strictObject({
  transformer: part('a transformer, such as rationalQuadratic({ bins: 8 })'),
  conditioner: v.optional(part('a conditioner, such as mlp({ hidden: [64] })')),
  columns: v.optional(columnNumbers),
})

/** @throws UsageError where an option is not usable, or a conditioner has no context to see. */
export function buildElementwise(spec: LayerSpec, dim: number, contextDim: number): Layer {
  const { transformer: map, conditioner, columns = allColumns(dim) } = checkSpec(spec, schema)
  checkColumns('elementwise', columns, dim)
  if (conditioner && contextDim === 0) {
    throw new UsageError('elementwise has a conditioner, but the flow no context that it could see: leave it out.')
  }
  const transformer = conditioner ? buildConditioned('elementwise', map) : buildTransformer(map)
  const outputs = transformer.numbers * columns.length
  const net = conditioner && buildConditioner(conditioner, contextDim, outputs, contextDim)
  return { ...transformColumns(dim, columns, transformer, net), spec, label: transformer.label }
}
