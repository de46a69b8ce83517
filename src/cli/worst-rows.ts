import { RowCodec } from '../columns/table-codec.js'
import { numberColumn, type WrittenColumn } from '../columns/written-column.js'
import type { Model } from '../flow/ensemble.js'
import type { WrittenRows } from '../io/table-formats.js'
import { type Threads, threadsOfAll } from '../parallel/threads.js'
import { strangeColumns } from '../predict/strange-columns.js'
import { newColumns, type ScoredRows, scoresBehind } from './scored-rows.js'
import { tableOf } from './table-of.js'

/** A row with its number in the file. */
interface Row {
  readonly row: number
  readonly logProb: number
  readonly values: Float64Array
}

/** Densities that are asked for of each row, about, to tell which column makes it strange. */
const DENSITIES_PER_COLUMN = 500

/** The rows of lowest log-density, the lowest first, with the column that makes each strange, as they are to be written. */
export async function worstRows(
  model: Model,
  scored: ScoredRows,
  count: number,
  told: readonly string[],
  threads: Threads,
): Promise<[columns: WrittenColumn[], rows: WrittenRows]> {
  const { columns, places } = scored
  const codec = new RowCodec(tableOf(model))
  const worst = await leastLikely(scored, count)
  const values = new Float64Array(worst.length * columns.length)
  for (const [i, row] of worst.entries())
    for (const [j, place] of places.entries()) values[i * columns.length + place] = row.values[j]
  const all = threadsOfAll(threads, model, worst.length * columns.length * DENSITIES_PER_COLUMN)
  const strange = await strangeColumns(model, codec, values, { threads: all })
  const named = (column: number) => codec.columns[column]
  const own: WrittenColumn[] = [
    ...told.map(numberColumn),
    { name: 'strange_column', type: 'text', text: named, gaps: true },
    { ...numberColumn('strange_log_prob'), gaps: true },
    { ...numberColumn('typical_log_prob'), gaps: true },
  ]
  const scores = scoresBehind(
    model,
    Float64Array.from(worst, ({ logProb }) => logProb),
  )
  const lines = worst.flatMap(({ row, values }, i) => {
    const { column, logProb, typical } = strange[i]
    return [row, ...values, ...scores.map((score) => score[i]), column, logProb, typical]
  })
  async function* blocks() {
    yield Float64Array.from(lines)
  }
  const [row] = newColumns([{ name: 'row', type: 'int64' }], columns)
  return [[row, ...columns, ...newColumns(own, [row, ...columns])], { rows: worst.length, blocks: blocks() }]
}

/** In one pass; of equal ones the first. */
async function leastLikely({ columns, blocks, number }: ScoredRows, count: number): Promise<Row[]> {
  const width = columns.length
  const order = (a: Row, b: Row) => (a.logProb < b.logProb ? -1 : a.logProb > b.logProb ? 1 : a.row - b.row)
  let least: Row[] = []
  let first = 0
  for await (const { values, logProb } of blocks) {
    const bound = least.length < count ? Number.POSITIVE_INFINITY : least[count - 1].logProb
    const own: Row[] = []
    for (let i = 0; i < logProb.length; i++) {
      if (least.length >= count && logProb[i] >= bound) continue
      own.push({ row: number(first + i), logProb: logProb[i], values: values.slice(i * width, (i + 1) * width) })
    }
    least = [...least, ...own].sort(order).slice(0, count)
    first += logProb.length
  }
  return least
}
