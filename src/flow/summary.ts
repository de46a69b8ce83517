import type { BaseSpec } from '../bases/base.js'
import { contaminatedBy } from '../bases/contaminated.js'
import { type ParameterSlot, parameterCount } from '../nets/parameters.js'
import type { Flow } from './flow.js'
import { largest } from './structure.js'

/** A table of the flow's layers, and of its base where that is learnt, with the shapes and numbers of their parameters. */
export function summary(flow: Flow): string {
  const { structure } = flow
  const { dim, contextDim, layers, base, embedding } = structure
  const row = (title: string, label: string, parameters: readonly ParameterSlot[]) => [
    title,
    label,
    String(parameterCount(parameters)),
    slotsText(parameters),
  ]
  const rows = layers.map((layer, i) => row(String(i), layer.label, layer.parameters))
  if (base.parameters.length > 0) rows.push(row('base', titleOf(base.spec), base.parameters))
  const given = contextDim > 0 ? `, given ${contextDim}${embedding ? ` (embedded as ${embedding.outputs})` : ''}` : ''
  const header = ['layer', 'bijection', 'parameters', 'arrays']
  const widths = header.map((title, c) => largest([title.length, ...rows.map((row) => row[c].length)]))
  const line = (cells: string[]) =>
    cells
      .map((cell, c) => (c === 0 || c === 2 ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
      .join('  ')
      .trimEnd()
  const { tileRows, mostTileRows } = structure
  const tiles = mostTileRows > tileRows ? `${tileRows} to ${mostTileRows}` : tileRows
  return [
    `Flow on ${dim} ${dim === 1 ? 'column' : 'columns'}${given}, ${layers.length} ${layers.length === 1 ? 'layer' : 'layers'} (data → noise), base ${titleOf(base.spec)}, ${structure.description.precision}`,
    line(header),
    ...rows.map(line),
    `${structure.parameterCount} parameters, tiles of ${tiles} rows`,
  ].join('\n')
}

const titleOf = (spec: BaseSpec): string =>
  spec.type === 'contaminated' ? `${titleOf(contaminatedBy(spec).base)}, contaminated` : spec.type

/** Slots that are named one by one; of more, the first ones and how many there are, as a line has an end. */
const NAMED_SLOTS = 3

function slotsText(slots: readonly ParameterSlot[]): string {
  const named = slots.length > NAMED_SLOTS ? slots.slice(0, NAMED_SLOTS - 1) : slots
  const texts = named.map(({ name, shape }) => `${name} [${shape.join(', ')}]`)
  return [...texts, ...(named.length < slots.length ? [`… ${slots.length} arrays`] : [])].join('  ')
}
