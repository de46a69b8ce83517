import { formatValueObjects, formatValues } from '../columns/format-values.js'
import type { WrittenColumn } from '../columns/written-column.js'
import { formatHeader, type Separator } from '../data/write-table.js'
import type { TableFormat } from './table-formats.js'

/** Delimited text: a header, and a line a row; what is missing is an empty cell. */
export function delimited(separator: Separator): TableFormat {
  return {
    async *pieces(columns, { blocks }) {
      yield formatHeader(namesOf(columns), separator)
      for await (const block of blocks) yield* formatValues(block, textsOf(columns), separator)
    },
  }
}

/** One JSON object a row, a line each; what is missing or not finite is null. */
export const jsonLines: TableFormat = {
  async *pieces(columns, { blocks }) {
    for await (const block of blocks) yield* formatValueObjects(block, namesOf(columns), textsOf(columns))
  },
}

const namesOf = (columns: readonly WrittenColumn[]) => columns.map(({ name }) => name)
const textsOf = (columns: readonly WrittenColumn[]) => columns.map(({ text }) => text)
