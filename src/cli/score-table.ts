import { type TableCodec, withoutGaps } from '../columns/kinds.js'
import { readTypedTable } from '../columns/read-typed-table.js'
import { RowCodec } from '../columns/table-codec.js'
import { tableValues } from '../columns/table-values.js'
import type { TypedTable } from '../columns/typed-table.js'
import { asRead, writtenColumns } from '../columns/written-column.js'
import { generators } from '../data/generators.js'
import type { ReadTableOptions } from '../data/read-table.js'
import type { RowSource } from '../data/row-source.js'
import { shortestFloat32 } from '../data/write-table.js'
import { DataError, UsageError } from '../errors.js'
import type { Model } from '../flow/ensemble.js'
import { type Threads, threadsOfAll } from '../parallel/threads.js'
import { scoredValues } from '../predict/score-values.js'
import { checkFile } from './data-source.js'
import { say } from './output.js'
import type { ScoredBlock, ScoredRows } from './scored-rows.js'

interface ScoreTableOptions extends ReadTableOptions {
  readonly rows: number | undefined
  readonly threads: Threads
  readonly dropMissing: boolean
}

/** The rows of a file with their scores by a model that knows the kinds of its columns. */
export async function scoredTable(
  model: Model,
  table: TableCodec,
  data: string,
  { rows, threads, dropMissing, ...reading }: ScoreTableOptions,
): Promise<ScoredRows> {
  if (generators.has(data)) {
    throw new UsageError(
      `${data} has the columns of a generator, but the model has ${table.columns.map(({ name }) => name).join(', ')}.`,
    )
  }
  checkFile(data, rows)
  const codec = new RowCodec(table)
  const read = named(await readTypedTable(data, reading), codec)
  const values = await tableValues(read, dropMissing ? withoutGaps(table, 'all') : table)
  checkMissing(read, table, values.source.rows, dropMissing)
  const seats = new Map(codec.columns.map((name, j) => [name, j]))
  const places = read.columns.map(({ name }) => seats.get(name) as number)
  const written = writtenColumns(codec)
  const { source } = values
  return {
    columns: places.map((place, j) => asRead(written[place], read.columns[j])),
    places,
    rows: source.rows,
    blocks: scoredBlocks(model, codec, source, places, threadsOfAll(threads, model, source.rows)),
    number: (row) => values.rows.member(row),
  }
}

/** Columns without names of their own have those of the model, in its order. */
function named(table: TypedTable, { columns }: RowCodec): TypedTable {
  if (table.columns.some(({ name }) => columns.includes(name))) return table
  for (const [j, column] of table.columns.entries()) column.name = columns[j]
  return table
}

async function* scoredBlocks(
  model: Model,
  codec: RowCodec,
  source: RowSource,
  places: readonly number[],
  threads: Threads,
): AsyncGenerator<ScoredBlock> {
  const columns = places.length
  for await (const { values, logProb } of scoredValues(model, codec, source, { threads })) {
    const moved = new Float64Array(values.length)
    for (let i = 0, to = 0; i < logProb.length; i++)
      for (const place of places) moved[to++] = values[i * columns + place]
    yield { values: moved, logProb: logProb.map((value) => shortestFloat32(Math.fround(value))) }
  }
}

function checkMissing({ columns, rows }: TypedTable, table: TableCodec, whole: number, dropMissing: boolean): void {
  const known = new Set(table.columns.filter(({ missing }) => missing !== undefined).map(({ name }) => name))
  const missing = columns.find((column) => column.missing > 0 && (dropMissing || !known.has(column.name)))
  if (missing === undefined) return
  const left = rows - whole
  if (dropMissing) {
    say(`Left out: ${left} of ${rows} rows, with a cell that is missing.`)
    return
  }
  const others = left === 1 ? '' : ` ${left} of ${rows} rows have such a cell.`
  throw new DataError(
    `${missing.missingPlace}: column ${JSON.stringify(missing.name)} is empty.${others} Fill it in, or leave such rows out with --drop-missing.`,
  )
}
