import type { TableCodec } from '../columns/kinds.js'
import { columnNames } from '../flow/column-names.js'
import type { Model } from '../flow/ensemble.js'

/** The table that a model knows; of a model of plain numbers what its columns are. */
export function tableOf(model: Model): TableCodec {
  if (model.data.table) return model.data.table
  const names = columnNames(model)
  const columns = names.map((name) => ({ name, kind: { kind: 'continuous' } as const }))
  return { columns, given: names.slice(model.dim), seed: 0 }
}
