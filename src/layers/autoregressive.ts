import * as v from 'valibot'
import { UsageError } from '../errors.js'
import type { ConditionerSpec } from '../nets/conditioner.js'
import type { MaskedConditioner } from '../nets/masked-conditioner.js'
import { groupedConditioner } from '../nets/masked-groups.js'
import { buildMaskedConditioner } from '../nets/masked-registry.js'
import { checkSpec, echo, integer, part } from '../options.js'
import { buildConditioned } from '../transformers/registry.js'
import type { TransformerSpec } from '../transformers/transformer.js'
import { familiesOf } from './adjacency.js'
import { autoregress } from './autoregress.js'
import type { Layer, LayerSpec } from './layer.js'
import { type Order, orderOf } from './order.js'

/** What an autoregressive layer is made of, and the order in which columns see each other. */
export interface AutoregressiveOptions {
  readonly transformer: TransformerSpec
  /** What makes the transformer's numbers; default maskedMLP(). */
  readonly conditioner?: ConditionerSpec
  /** In which order coordinates come; default 'given'. A list names them, the first to come first. */
  readonly order?: Order
  /** Of a random order; default 0. Layers with the same seed have the same order. */
  readonly seed?: number
  /** In place of an order: adjacency[i][j] says whether coordinate i depends on j, 1 or true, and there is no circle. */
  readonly adjacency?: readonly (readonly (number | boolean)[])[]
}

/**
 * Masked autoregressive flow: z_j = τ(x_j; θ_j), θ_j = net(context, x before j in the order); ln|det ∂z/∂x| is the sum of
 * the transformer's. From data to noise all coordinates at once, from noise to data one after another, each unit of the net
 * once in either direction; `invert` makes of it the inverse autoregressive flow, whose sampling is the one at once. With
 * an adjacency each set of coordinates that depend on the same ones has a net of its own, of a share of the widths.
 *
 * Source: Papamakarios et al., MAF, arXiv:1705.07057; Kingma et al., IAF, arXiv:1606.04934; Germain et al., MADE,
 * arXiv:1502.03509.
 *
 * @throws UsageError, when a flow is made of it, where the order is none, or the adjacency is not square or has a cycle.
 */
export function autoregressive({ order, adjacency, ...options }: AutoregressiveOptions): LayerSpec {
  return {
    type: 'autoregressive',
    ...options,
    ...(order !== undefined && { order: typeof order === 'object' ? [...order] : order }),
    ...(adjacency !== undefined && { adjacency: adjacency.map((row) => [...row].map(Number)) }),
  }
}

const orders = '"given", "reversed", "random", or the coordinates in their order, such as [2, 0, 1]'
const matrix = 'a row a coordinate, of entries that are each 0 or 1'

const schema = v.strictObject({
  transformer: part('a transformer, such as rationalQuadratic({ bins: 8 })'),
  conditioner: v.optional(part('a masked conditioner, such as maskedMLP({ hidden: [64] })'), { type: 'maskedMLP' }),
  order: v.optional(v.union([v.picklist(['given', 'reversed', 'random']), v.array(integer(0))], orders)),
  seed: v.optional(integer(0)),
  adjacency: v.optional(v.array(v.array(v.picklist([0, 1], matrix), matrix), matrix)),
})

/** Of the hidden units that families share, each has so many at least, if a layer has as many. */
const LEAST_SHARE = 8

export function buildAutoregressive(spec: LayerSpec, dim: number, contextDim: number): Layer {
  const { transformer: map, conditioner, order, seed, adjacency } = checkSpec(spec, schema)
  const transformer = buildConditioned('autoregressive', map)
  const { numbers } = transformer
  const label = `${transformer.label} Autoregressive`
  if (!adjacency) {
    const net = buildMaskedConditioner(conditioner, { dim, contextDim, numbers })
    return { ...autoregress(orderOf(order ?? 'given', seed, dim), contextDim, net, transformer), spec, label }
  }
  if (order !== undefined || seed !== undefined) {
    throw new UsageError(
      `autoregressive has an adjacency and the order ${echo(order ?? { seed })}; expected one of them.`,
    )
  }
  const families = familiesOf(adjacency, dim)
  const sequence = families.flatMap(({ members }) => members)
  const net = familyNets(conditioner, families, sequence, contextDim, numbers)
  return { ...autoregress(sequence, contextDim, net, transformer), spec, label }
}

/** A net for each family, which sees the context and the parents as one. */
function familyNets(
  conditioner: ConditionerSpec,
  families: ReturnType<typeof familiesOf>,
  sequence: readonly number[],
  contextDim: number,
  numbers: number,
): MaskedConditioner {
  const share = (width: number) => Math.max(Math.round(width / families.length), Math.min(width, LEAST_SHARE))
  const groups = families.map(({ members, parents }) => {
    const shape = {
      dim: 1,
      contextDim: contextDim + parents.length,
      parents: parents.length,
      numbers: numbers * members.length,
    }
    return {
      first: sequence.indexOf(members[0]),
      size: members.length,
      parents: parents.map((j) => sequence.indexOf(j)),
      net: buildMaskedConditioner(conditioner, shape, share),
    }
  })
  return groupedConditioner(groups, contextDim)
}
