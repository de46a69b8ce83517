import { type ColumnCodec, columnCodec } from '../columns/column-codec.js'
import type { Category, ColumnKind, TableCodec } from '../columns/kinds.js'
import { RowCodec } from '../columns/table-codec.js'
import type { Predictions, PredictOptions } from '../predict/predict.js'

/** What is asked of a prediction, and what of it is written behind the other columns; `has`: the row has the column itself. */
interface Told {
  readonly asked: Pick<PredictOptions, 'quantiles' | 'cells' | 'width'>
  titles(has: boolean): string[]
  texts(has: boolean): (((value: number) => string) | undefined)[]
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
  readonly told: Told
  readonly #of: string
  readonly #own: ColumnCodec

  constructor(table: TableCodec, of: string, kind: ColumnKind, quantiles: readonly number[]) {
    this.codec = new RowCodec(table)
    this.others = { ...table, columns: table.columns.filter(({ name }) => name !== of) }
    this.alone = { ...table, columns: table.columns.filter(({ name }) => name === of), given: [] }
    this.place = table.columns.findIndex(({ name }) => name === of)
    this.seat = this.codec.names.indexOf(of)
    this.#of = of
    this.#own = columnCodec(kind, false)
    this.told =
      kind.kind === 'category' ? probabilities(kind, this.#own) : distribution(this.#own, widthOf(kind), quantiles)
  }

  titles(has: boolean): string[] {
    return [...this.#seen(this.codec.columns, has), ...this.told.titles(has).map((title) => `${this.#of}_${title}`)]
  }

  texts(has: boolean) {
    const seen = this.#seen(this.codec.texts, has).map((of) => of && whereThere(of))
    return [...seen, ...this.told.texts(has)]
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
  const text = own.text && whereThere(own.text)
  return {
    asked: { quantiles, width },
    titles: (has) => ['mean', 'median', 'sd', ...quantiles.map(quantileName), ...(has ? ['log_prob', 'quantile'] : [])],
    texts: (has) => [text, text, undefined, ...quantiles.map(() => text), ...(has ? [undefined, undefined] : [])],
    numbers: ({ mean, median, sd, quantiles, logProb, level }, i, _, has) => [
      ...[middle(mean[i]), decoded(median[i]), sd[i]],
      ...quantiles.map((q) => decoded(q[i])),
      ...(has ? [logProb[i], level[i]] : []),
    ],
  }
}

/** What is told of a column of names: the likeliest one, and how likely each is. */
function probabilities({ levels }: Category, own: ColumnCodec): Told {
  const count = levels.length
  // Level k is what lies from k to k + 1, or beyond where it is the first or the last.
  const inner = Array.from({ length: count - 1 }, (_, k) => k + 1)
  return {
    asked: { quantiles: [], cells: [Number.NEGATIVE_INFINITY, ...inner, Number.POSITIVE_INFINITY] },
    titles: (has) => ['likeliest', ...levels.map((level) => `p_${level}`), ...(has ? ['log_prob'] : [])],
    texts: (has) => [own.text && whereThere(own.text), ...levels.map(() => undefined), ...(has ? [undefined] : [])],
    numbers({ cells }, i, value, has) {
      const shares = cells.map((cell) => cell[i])
      const likeliest = Number.isNaN(shares[0]) ? Number.NaN : shares.indexOf(Math.max(...shares))
      return [likeliest, ...shares, ...(has ? [Number.isNaN(value) ? value : Math.log(shares[value])] : [])]
    },
  }
}

const whereThere = (text: (value: number) => string) => (value: number) => (Number.isNaN(value) ? '' : text(value))

/** 0.05 is q05, 0.5 q50, 0.025 q025. */
const quantileName = (probability: number) => `q${`${probability}`.replace(/^0?\./, '').padEnd(2, '0')}`

/** Up to the next value, where values are rounded. */
function widthOf(kind: ColumnKind): number {
  if (kind.kind === 'circular') return kind.grid?.step ?? 0
  if (kind.kind === 'date') return kind.fine ? 0 : kind.step
  return kind.kind === 'integer' || kind.kind === 'rounded' ? kind.step : 0
}
