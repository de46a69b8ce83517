import type { TableCodec } from '../columns/kinds.js'
import { readTypedTable } from '../columns/read-typed-table.js'
import { RowCodec } from '../columns/table-codec.js'
import { tableValues } from '../columns/table-values.js'
import type { TypedTable } from '../columns/typed-table.js'
import { generators } from '../data/generators.js'
import type { ReadTableOptions } from '../data/read-table.js'
import type { RowSource } from '../data/row-source.js'
import { shortestFloat32 } from '../data/write-table.js'
import { DataError, UsageError } from '../errors.js'
import type { Model } from '../flow/ensemble.js'
import { scoredValues } from '../parallel/score-values.js'
import { type Threads, threadsOfAll } from '../parallel/threads.js'
import { checkFile } from './data-source.js'
import { say } from './output.js'
import { scoreColumn } from './score.js'
import { writeValues } from './write-table.js'

interface ScoreTableOptions extends ReadTableOptions {
  readonly rows: number | undefined
  readonly threads: Threads
  readonly dropMissing: boolean
  readonly json: boolean
}

/** Scores the rows of a file by a model that knows the kinds of its columns. */
export async function scoreTable(
  model: Model,
  table: TableCodec,
  data: string,
  { rows, threads, dropMissing, json, ...reading }: ScoreTableOptions,
): Promise<number> {
  if (generators.has(data)) {
    throw new UsageError(
      `${data} has the columns of a generator, but the model has ${table.columns.map(({ name }) => name).join(', ')}.`,
    )
  }
  checkFile(data, rows)
  const codec = new RowCodec(table)
  const read = named(await readTypedTable(data, reading), codec)
  const values = await tableValues(read, table)
  checkMissing(read, values.source.rows, dropMissing)
  const seats = new Map(codec.columns.map((name, j) => [name, j]))
  const order = read.columns.map(({ name }) => seats.get(name) as number)
  const names = order.map((place) => codec.columns[place])
  const blocks = besideScores(model, codec, values.source, order, threadsOfAll(threads, model, values.source.rows))
  await writeValues(
    [...names, scoreColumn(names)],
    [...order.map((place) => codec.texts[place]), undefined],
    blocks,
    json,
  )
  return 0
}

/** Columns without names of their own have those of the model, in its order. */
function named(table: TypedTable, { columns }: RowCodec): TypedTable {
  if (table.columns.some(({ name }) => columns.includes(name))) return table
  for (const [j, column] of table.columns.entries()) column.name = columns[j]
  return table
}

async function* besideScores(
  model: Model,
  codec: RowCodec,
  source: RowSource,
  order: readonly number[],
  threads: Threads,
): AsyncGenerator<Float64Array> {
  const columns = order.length
  for await (const { values, logProb } of scoredValues(model, codec, source, { threads })) {
    const block = new Float64Array(logProb.length * (columns + 1))
    for (let i = 0, to = 0; i < logProb.length; i++) {
      for (const place of order) block[to++] = values[i * columns + place]
      block[to++] = shortestFloat32(Math.fround(logProb[i]))
    }
    yield block
  }
}

function checkMissing({ columns, rows }: TypedTable, whole: number, dropMissing: boolean): void {
  const missing = columns.find((column) => column.missing > 0)
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
