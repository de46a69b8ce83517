import { type ColumnCodec, columnCodec } from '../columns/column-codec.js'
import {
  type Category,
  type ColumnKind,
  levelCells,
  type TableCodec,
  valueWidth,
  withoutGaps,
} from '../columns/kinds.js'
import { RowCodec } from '../columns/table-codec.js'
import type { TableColumn } from '../columns/table-column.js'
import { asRead, numberColumn, type WrittenColumn, writtenColumns } from '../columns/written-column.js'
import type { Predictions, PredictOptions } from '../predict/predict.js'

/** What is asked of a prediction, and what of it is written behind the other columns; `has`: the row has the column itself. */
interface Told {
  readonly asked: Pick<PredictOptions, 'quantiles' | 'cells' | 'width'>
  /** By figures; values of the column are written as it is. */
  columns(column: WrittenColumn, has: boolean): WrittenColumn[]
  numbers(predictions: Predictions, i: number, value: number, has: boolean): number[]
}

/** The column that is predicted, and what is written of it beside the others. */
export class PredictedColumn {
  readonly codec: RowCodec
  /** The table without it. */
  readonly others: TableCodec
  readonly alone: TableCodec
  /** Its place among the columns of the table, and of the flow. */
  readonly place: number
  readonly seat: number
  /** Where the flow sees whether it is missing, if it may be: it is predicted as if it were there. */
  readonly gap: number | undefined
  readonly told: Told
  readonly #of: string
  readonly #own: ColumnCodec

  constructor(table: TableCodec, of: string, kind: ColumnKind, quantiles: readonly number[]) {
    this.codec = new RowCodec(table)
    const whole = withoutGaps(table, 'modelled')
    this.others = { ...whole, columns: whole.columns.filter(({ name }) => name !== of) }
    this.alone = { ...whole, columns: whole.columns.filter(({ name }) => name === of), given: [] }
    this.place = table.columns.findIndex(({ name }) => name === of)
    this.seat = this.codec.names.indexOf(of)
    this.gap = this.codec.gaps.find(({ at }) => at === this.seat)?.told
    this.#of = of
    this.#own = columnCodec(kind, false)
    this.told = kind.kind === 'category' ? probabilities(kind) : distribution(this.#own, valueWidth(kind), quantiles)
  }

  /** What is written: the columns of the table that were read, and behind them what is predicted, which may be missing. */
  written(read: readonly TableColumn[]): WrittenColumn[] {
    const seats = new Map(read.map((column) => [column.name, column]))
    const has = seats.has(this.#of)
    const all = writtenColumns(this.codec)
    const seen = this.#seen(all, has).map((column) => ({
      ...asRead(column, seats.get(column.name) as TableColumn),
      gaps: column.gaps || column.name === this.#of,
    }))
    const told = this.told.columns(all[this.place], has)
    return [...seen, ...told.map((column) => ({ ...column, name: `${this.#of}_${column.name}`, gaps: true }))]
  }

  /** What is there of each column of the table. */
  #seen<Each>(columns: readonly Each[], has: boolean): Each[] {
    return columns.filter((_, j) => has || j !== this.place)
  }

  /** Where the interval of a value begins, as the flow sees it. */
  lowest(value: number): number {
    const row = new Float64Array(1)
    this.#own.encode(value, 0, row, 0)
    return row[0]
  }

  /** Row i of a block with what is predicted of it. */
  line(values: Float64Array, predictions: Predictions, i: number, has: boolean): number[] {
    return [...this.#seen([...values], has), ...this.told.numbers(predictions, i, values[this.place], has)]
  }
}

/** What is told of a column of numbers or dates. */
function distribution(own: ColumnCodec, width: number, quantiles: readonly number[]): Told {
  const decoded = (value: number) => (Number.isNaN(value) ? value : own.decode(Float64Array.of(value), 0))
  // Numbers are spread over the interval up to the next one: half of it too much on average.
  const middle = (mean: number) => (own.text || width === 0 ? decoded(mean) : mean - width / 2)
  return {
    asked: { quantiles, width },
    columns(column, has) {
      const value = (name: string): WrittenColumn => ({ ...column, name })
      const mean = column.text ? value('mean') : numberColumn('mean')
      const own = has ? ['log_prob', 'quantile'] : []
      return [
        ...[mean, value('median'), numberColumn('sd')],
        ...quantiles.map((probability) => value(quantileName(probability))),
        ...own.map(numberColumn),
      ]
    },
    numbers: ({ mean, median, sd, quantiles, logProb, level }, i, _, has) => [
      ...[middle(mean[i]), decoded(median[i]), sd[i]],
      ...quantiles.map((q) => decoded(q[i])),
      ...(has ? [logProb[i], level[i]] : []),
    ],
  }
}

/** What is told of a column of names: the likeliest one, and how likely each is. */
function probabilities(category: Category): Told {
  const { levels } = category
  return {
    asked: { quantiles: [], cells: levelCells(category) },
    columns: (column, has) => [
      { ...column, name: 'likeliest' },
      ...[...levels.map((level) => `p_${level}`), ...(has ? ['log_prob'] : [])].map(numberColumn),
    ],
    numbers({ cells }, i, value, has) {
      const shares = cells.map((cell) => cell[i])
      const likeliest = Number.isNaN(shares[0]) ? Number.NaN : shares.indexOf(Math.max(...shares))
      return [likeliest, ...shares, ...(has ? [Number.isNaN(value) ? value : Math.log(shares[value])] : [])]
    },
  }
}

/** 0.05 is q05, 0.5 q50, 0.025 q025. */
const quantileName = (probability: number) => `q${`${probability}`.replace(/^0?\./, '').padEnd(2, '0')}`
