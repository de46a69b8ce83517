import { UsageError } from '../errors.js'
import type { FlowStructure } from '../flow/structure.js'
import { echo } from '../options.js'
import type { Range } from '../step/plan.js'

/** A part of a flow with parameters of its own: a layer by its number from 0, the base, the embedding. */
export type Part = number | 'base' | 'embedding'

/**
 * The parameters of some parts, ascending.
 * @throws UsageError where there is no such part.
 */
export function frozenRanges({ layers, embedding, slots, parameterCount }: FlowStructure, parts: unknown): Range[] {
  const named: Part[] = [...layers.keys(), 'base', ...(embedding ? (['embedding'] as const) : [])]
  if (!Array.isArray(parts)) throw new UsageError(`frozen is ${echo(parts)}; expected a list such as [0, "base"].`)
  const numbers = [...new Set(parts)].map((part) => {
    const at = named.indexOf(part)
    if (at < 0) {
      const known = [...(layers.length > 0 ? [`a layer 0 … ${layers.length - 1}`] : []), ...named.slice(layers.length)]
      throw new UsageError(`frozen names ${echo(part)}; this flow has ${known.join(', ')}.`)
    }
    return at
  })
  return numbers.sort((a, b) => a - b).map((i) => ({ first: slots[i], end: slots[i + 1] ?? parameterCount }))
}
