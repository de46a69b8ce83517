import type { Category, DateKind } from './kinds.js'
import { fillsGrid } from './number-kinds.js'
import type { TableColumn } from './table-column.js'

/** A category of these texts: in the order of their numbers where all are numbers, else of their characters. */
export function categoryOf(texts: readonly string[]): Category {
  const numeric = texts.every((text) => text.trim() !== '' && Number.isFinite(Number(text)))
  const levels = numeric ? texts.toSorted((a, b) => Number(a) - Number(b)) : texts.toSorted()
  return { kind: 'category', levels }
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
