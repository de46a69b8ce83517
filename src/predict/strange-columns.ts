import { columnCodec } from '../columns/column-codec.js'
import { levelCells, valueWidth } from '../columns/kinds.js'
import type { RowCodec } from '../columns/table-codec.js'
import type { Model } from '../flow/ensemble.js'
import type { ParallelOptions } from '../parallel/chunks.js'
import { drawMissing } from './missing-values.js'
import { predict } from './predict.js'

/** Which column of a row makes it strange. */
export interface StrangeColumn {
  /** Its place in the table; NaN where the model has no density for any value of any column, given the others. */
  readonly column: number
  /** ln p of its value given all others, nats; of a discrete column the logarithm of a probability. */
  readonly logProb: number
  /** The median of the same over rows that the model draws. */
  readonly typical: number
}

/** Rows that are drawn to tell what is typical: a median of as many is off by a tenth of a nat or so. */
const DRAWN = 100
const SEED = 0

/**
 * For each row of values [rows, columns of the codec] the modelled column whose log-density given all others lies furthest below
 * what is typical of that column: under the model, given what these rows are given, and a draw of what is missing.
 * @throws signal.reason when aborted.
 */
export async function strangeColumns(
  model: Model,
  codec: RowCodec,
  values: Float64Array,
  parallel: Pick<ParallelOptions, 'threads' | 'signal'>,
): Promise<StrangeColumn[]> {
  const width = codec.columns.length
  const rows = values.length / width
  if (rows === 0) return []
  const all = Float64Array.from([...drawnValues(model, codec, values), ...values])
  const strangest = Array.from(
    { length: rows },
    (): StrangeColumn => ({ column: Number.NaN, logProb: Number.NaN, typical: Number.NaN }),
  )
  const whole = encodedInMiddle(codec, all)
  const numbers = Array.from({ length: DRAWN + rows }, (_, i) => i)
  await drawMissing(model, codec, { data: whole, numbers }, parallel)
  for (const [place, { name }] of codec.codec.columns.entries()) {
    if (codec.codec.given.includes(name)) continue
    const logProb = await conditional(model, codec, { values: all, whole }, place, parallel)
    const typical = medianOf(logProb.subarray(0, DRAWN))
    for (const [i, found] of strangest.entries()) {
      const own = logProb[DRAWN + i]
      const isStranger = !(found.typical - found.logProb >= typical - own)
      if (!Number.isNaN(own) && isStranger) strangest[i] = { column: place, logProb: own, typical }
    }
  }
  return strangest
}

/** ln p of a column's values given the others, for all rows; NaN where there is none. `whole`: the rows, whatever is missing drawn. */
async function conditional(
  model: Model,
  codec: RowCodec,
  { values, whole }: { readonly values: Float64Array; readonly whole: Float64Array },
  place: number,
  parallel: Pick<ParallelOptions, 'threads' | 'signal'>,
): Promise<Float64Array> {
  const { kind, name } = codec.codec.columns[place]
  const own = columnCodec(kind, false)
  const encoded = Float64Array.from(whole)
  const seat = codec.names.indexOf(name)
  const width = codec.names.length
  // Where the interval of a value begins.
  for (let at = seat, from = place; at < encoded.length; at += width, from += codec.columns.length)
    own.encode(values[from], 0, encoded, at)
  const rows = columnsOf(encoded, width, 0, model.dim)
  const context = model.contextDim > 0 ? { context: columnsOf(encoded, width, model.dim, width) } : {}
  const asked = { of: seat, quantiles: [], ...parallel, ...context }
  if (kind.kind !== 'category') return (await predict(model, rows, { ...asked, width: valueWidth(kind) })).logProb
  const { cells } = await predict(model, rows, { ...asked, cells: levelCells(kind) })
  return cells[0].map((_, i) => {
    const level = values[i * codec.columns.length + place]
    return Number.isNaN(level) ? level : Math.log(cells[level][i])
  })
}

/** Rows that the model draws, [DRAWN, columns], given in turn what these are given. */
function drawnValues(model: Model, codec: RowCodec, values: Float64Array): Float64Array {
  const { dim, contextDim } = model
  const width = codec.names.length
  const given = columnsOf(encodedInMiddle(codec, values), width, dim, width)
  const context = Float64Array.from({ length: DRAWN * contextDim }, (_, at) => given[at % given.length])
  const { data } = model.sample(DRAWN, { seed: SEED, ...(contextDim > 0 && { context }) })
  const rows = new Float64Array(DRAWN * width)
  for (let i = 0; i < DRAWN; i++) {
    rows.set(data.subarray(i * dim, (i + 1) * dim), i * width)
    rows.set(context.subarray(i * contextDim, (i + 1) * contextDim), i * width + dim)
  }
  return codec.decode(rows, new Float64Array(DRAWN * codec.columns.length))
}

/** Values as the flow has them, each in the middle of its interval. */
function encodedInMiddle(codec: RowCodec, values: Float64Array): Float64Array {
  const rows = values.length / codec.columns.length
  const middle = Array.from({ length: codec.uniforms }, () => 0.5)
  return codec.encodeAt(values, middle, new Float64Array(rows * codec.names.length))
}

/** Columns first … end of rows of so many. */
function columnsOf(rows: Float64Array, columns: number, first: number, end: number): Float64Array {
  return rows.filter((_, at) => at % columns >= first && at % columns < end)
}

function medianOf(values: Float64Array): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort()
  return sorted.length === 0 ? Number.NaN : sorted[Math.floor(sorted.length / 2)]
}
