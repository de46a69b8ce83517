import { columnCodec } from '../columns/column-codec.js'
import type { ColumnKind, TableCodec } from '../columns/kinds.js'
import { RowCodec } from '../columns/table-codec.js'
import type { Predictions } from '../predict/predict.js'

/** The column that is predicted, and what is written of it beside the others. */
export class PredictedColumn {
  readonly codec: RowCodec
  /** The table without it. */
  readonly others: TableCodec
  readonly alone: TableCodec
  /** Its place among the columns of the table, and of the flow. */
  readonly place: number
  readonly seat: number
  /** Up to the next value, where values are rounded. */
  readonly width: number
  readonly #of: string
  readonly #own: ReturnType<typeof columnCodec>

  constructor(table: TableCodec, of: string, kind: ColumnKind) {
    this.codec = new RowCodec(table)
    this.others = { ...table, columns: table.columns.filter(({ name }) => name !== of) }
    this.alone = { ...table, columns: table.columns.filter(({ name }) => name === of), given: [] }
    this.place = table.columns.findIndex(({ name }) => name === of)
    this.seat = this.codec.names.indexOf(of)
    this.width = widthOf(kind)
    this.#of = of
    this.#own = columnCodec(kind, false)
  }

  titles(quantiles: readonly number[], has: boolean): string[] {
    const own = has ? ['log_prob', 'quantile'] : []
    const figures = ['mean', 'median', 'sd', ...quantiles.map(quantileName), ...own]
    return [...this.#seen(this.codec.columns, has), ...figures.map((figure) => `${this.#of}_${figure}`)]
  }

  texts(quantiles: readonly number[], has: boolean) {
    const text = this.#own.text && whereThere(this.#own.text)
    const own = has ? [undefined, undefined] : []
    const seen = this.#seen(this.codec.texts, has).map((of) => of && whereThere(of))
    return [...seen, text, text, undefined, ...quantiles.map(() => text), ...own]
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
  line(
    values: Float64Array,
    { mean, median, sd, quantiles, logProb, level }: Predictions,
    i: number,
    has: boolean,
  ): number[] {
    const decoded = (value: number) => (Number.isNaN(value) ? value : this.#own.decode(Float64Array.of(value), 0))
    // Numbers are spread over the interval up to the next one: half of it too much on average.
    const middle = this.#own.text || this.width === 0 ? decoded(mean[i]) : mean[i] - this.width / 2
    const own = has ? [logProb[i], level[i]] : []
    return [
      ...this.#seen([...values], has),
      middle,
      decoded(median[i]),
      sd[i],
      ...quantiles.map((q) => decoded(q[i])),
      ...own,
    ]
  }
}

const whereThere = (text: (value: number) => string) => (value: number) => (Number.isNaN(value) ? '' : text(value))

/** 0.05 is q05, 0.5 q50, 0.025 q025. */
const quantileName = (probability: number) => `q${`${probability}`.replace(/^0?\./, '').padEnd(2, '0')}`

function widthOf(kind: ColumnKind): number {
  if (kind.kind === 'circular') return kind.grid?.step ?? 0
  if (kind.kind === 'date') return kind.fine ? 0 : kind.step
  return kind.kind === 'integer' || kind.kind === 'rounded' ? kind.step : 0
}
