import type { WrittenColumn } from '../columns/written-column.js'
import { numberColumn } from '../columns/written-column.js'
import type { Model } from '../flow/ensemble.js'
import { scoreQuantile } from '../flow/score-record.js'
import type { Threads } from '../parallel/threads.js'
import { say } from './output.js'
import { type RowsOutput, writeRows } from './rows-output.js'
import { worstRows } from './worst-rows.js'

/** Rows of a file with their log-densities, as they come. */
export interface ScoredRows {
  /** The columns of the file that the model has, in the file's order. */
  readonly columns: readonly WrittenColumn[]
  /** Where each of them stands among the columns of the model's table. */
  readonly places: readonly number[]
  readonly rows: number
  readonly blocks: AsyncIterable<ScoredBlock>
  /** Which row of the file, from 0, a row is. */
  number(row: number): number
}

export interface ScoredBlock {
  /** [rows, columns]; it may be overwritten as soon as the next block is asked for. */
  readonly values: Float64Array
  /** [rows], in the digits of a float32 where they are such. */
  readonly logProb: Float64Array
}

/** Writes rows with log_prob and, where the model's file has a record of scores, quantile: all of them or the worst. */
export async function writeScores(
  model: Model,
  scored: ScoredRows,
  { worst, output, threads }: { worst: number | undefined; output: RowsOutput; threads: Threads },
): Promise<number> {
  if (model.scores === undefined) {
    say('There is no column quantile: the model file has no record of scores. Train the model anew to have one.')
  } else if (model.scores.of === 'training') {
    say(
      'Quantiles are among the rows trained on, as none were held out: new rows will look somewhat odder than they are.',
    )
  }
  const told = model.scores ? ['log_prob', 'quantile'] : ['log_prob']
  if (worst !== undefined) return writeRows(...(await worstRows(model, scored, worst, told, threads)), output)
  const columns = [...scored.columns, ...newColumns(told.map(numberColumn), scored.columns)]
  return writeRows(columns, { rows: scored.rows, blocks: besideScores(model, scored) }, output)
}

/** Columns with a number behind the name where one of the table is called that already. */
export function newColumns(columns: readonly WrittenColumn[], others: readonly WrittenColumn[]): WrittenColumn[] {
  const taken = new Set(others.map(({ name }) => name))
  return columns.map((column) => {
    let { name } = column
    for (let i = 2; taken.has(name); i++) name = `${column.name}_${i}`
    return { ...column, name }
  })
}

/** What is written behind a row's own columns: log_prob, and quantile where it is known. */
export function scoresBehind(model: Model, logProb: Float64Array): readonly Float64Array[] {
  return model.scores ? [logProb, scoreQuantile(model, logProb)] : [logProb]
}

async function* besideScores(model: Model, { columns, blocks }: ScoredRows): AsyncGenerator<Float64Array> {
  const width = columns.length
  let room = new Float64Array(0)
  for await (const { values, logProb } of blocks) {
    const behind = scoresBehind(model, logProb)
    const wide = width + behind.length
    if (room.length < logProb.length * wide) room = new Float64Array(logProb.length * wide)
    for (let i = 0; i < logProb.length; i++) {
      room.set(values.subarray(i * width, (i + 1) * width), i * wide)
      for (let k = 0; k < behind.length; k++) room[i * wide + width + k] = behind[k][i]
    }
    yield room.subarray(0, logProb.length * wide)
  }
}
