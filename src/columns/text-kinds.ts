import type { Category, DateKind } from './kinds.js'
import { fillsGrid } from './number-kinds.js'
import type { TableColumn } from './table-column.js'

/** Rows that each level has beside its own, so that the rarest has room. */
const ROWS_MORE = 0.5

/** A category of these texts, each so often: in the order of their numbers where all are numbers, else of their characters. */
export function categoryOf(counts: ReadonlyMap<string, number>): Category {
  const texts = [...counts.keys()]
  const numeric = texts.every((text) => text.trim() !== '' && Number.isFinite(Number(text)))
  const levels = numeric ? texts.toSorted((a, b) => Number(a) - Number(b)) : texts.toSorted()
  const rows = levels.map((level) => (counts.get(level) as number) + ROWS_MORE)
  const all = rows.reduce((sum, own) => sum + own, 0)
  let before = 0
  const edges = rows.map((own) => {
    const edge = (levels.length * before) / all
    before += own
    return edge
  })
  return { kind: 'category', levels, edges: [...edges, levels.length] }
}

/** The dates of a column, on the grid of the greatest step that they all lie on. */
export function dateOf({ shape, format }: TableColumn, sorted: Float64Array): DateKind {
  if (format === undefined) throw new Error('A column without dates has no format.')
  return {
    kind: 'date',
    format,
    low: shape.min,
    high: shape.max,
    step: shape.step ?? 1,
    ...(!fillsGrid(shape, sorted) && { fine: true }),
  }
}
