import { latinUniforms } from '../columns/dequantise.js'
import { RowCodec } from '../columns/table-codec.js'
import { tableValues } from '../columns/table-values.js'
import type { TypedTable } from '../columns/typed-table.js'
import type { RowSource } from '../data/row-source.js'
import { UsageError } from '../errors.js'
import { joined } from '../flow/context.js'
import { type Model, membersOf } from '../flow/ensemble.js'
import { LogMeanExp } from '../flow/log-mean-exp.js'
import { type ParallelOptions, parallelRowsOf } from '../parallel/chunks.js'
import { densityRoom, logProbTo } from '../parallel/evaluate.js'
import { sharedLike } from '../parallel/shared-memory.js'
import { PURPOSE } from '../random/purposes.js'
import { randomStream } from '../random/stream.js'
import { rowsOf } from './missing-values.js'
import { ObservedDensity } from './observed-density.js'

/**
 * ln p of the rows of a table under a model that knows its columns (`model.data.table`), those left out with a missing cell
 * where the model knows of none: densities of continuous columns times masses of the others, as `score` writes them.
 * @throws UsageError where the model knows of no table; DataError for a column that is not there, and an unknown level.
 */
export async function logProbOfTable(
  model: Model,
  table: TypedTable,
  options: ParallelOptions = {},
): Promise<Float64Array> {
  const json = model.data.table
  if (json === undefined) {
    throw new UsageError(
      'This model knows of no table: set its data to { ...model.data, table: codec }, or use logProb.',
    )
  }
  const { source } = await tableValues(table, json)
  const out = new Float64Array(source.rows)
  let first = 0
  for await (const { logProb } of scoredValues(model, new RowCodec(json), source, options)) {
    out.set(logProb, first)
    first += logProb.length
  }
  return out
}

/** Uniform numbers that a rounded value is averaged over. */
export const SCORE_DRAWS = 8
/** Contexts for which missing values are looked for first. */
const CONTEXTS = 256

/**
 * ln p of rows of values [rows, columns of the codec], block by block: for continuous columns a density, for the others the mass
 * of the values, which is that of the intervals that they stand for,
 * ln P(k) = ln E_u p(k + step·u) + ln step,
 * estimated by eight points u, the same for every row. Of a fixed model the estimate has the right mean of P, so that the
 * mean of its logarithm is no greater than ln P. Values that are missing are integrated out (`ObservedDensity`).
 */
export async function* scoredValues(
  model: Model,
  codec: RowCodec,
  source: RowSource,
  options: ParallelOptions,
): AsyncGenerator<{ readonly values: Float64Array; readonly logProb: Float64Array }> {
  const blockRows = Math.min(source.rows, parallelRowsOf(codec.names.length))
  const draws = codec.uniform ? SCORE_DRAWS : 1
  const uniforms = Array.from({ length: codec.uniforms }, (_, j) => latinUniforms(codec.codec.seed, j, draws))
  const whole = wholeDensity(model, codec, blockRows, uniforms)
  let observed: ObservedDensity | undefined
  for await (const block of source.blocks(blockRows)) {
    const values = Float64Array.from(block)
    const rows = Array.from({ length: values.length / source.columns }, (_, i) => i)
    const gapped = rows.filter((i) =>
      codec.gaps.some(({ column }) => Number.isNaN(values[i * source.columns + column])),
    )
    if (gapped.length === 0) {
      yield { values, logProb: await whole(values, options) }
      continue
    }
    const apart = new Set(gapped)
    const others = rows.filter((i) => !apart.has(i))
    observed ??= new ObservedDensity(model, codec, contextsNear(model), uniforms)
    const logProb = new Float64Array(rows.length)
    const ofWhole = await whole(rowsOf(values, others, source.columns), options)
    for (const [n, i] of others.entries()) logProb[i] = ofWhole[n]
    const ofGapped = await observed.logProb(rowsOf(values, gapped, source.columns), options)
    for (const [n, i] of gapped.entries()) logProb[i] = ofGapped[n]
    yield { values, logProb }
  }
}

/** ln p of rows of values that are all there, `blockRows` at most. */
function wholeDensity(model: Model, codec: RowCodec, blockRows: number, uniforms: readonly Float64Array[]) {
  const width = codec.names.length
  const room = { rows: sharedLike(model.scaler.mean, blockRows * width), densities: densityRoom(model, blockRows) }
  return async (values: Float64Array, options: ParallelOptions): Promise<Float64Array> => {
    const rows = values.length / codec.columns.length
    const sum = new LogMeanExp(rows)
    for (let k = 0; k < uniforms[0].length; k++) {
      const data = codec.encodeAt(
        values,
        uniforms.map((points) => points[k]),
        room.rows,
      )
      const densities = room.densities.subarray(0, rows)
      await logProbTo(model, joined({ data, rows, columns: width }), densities, options)
      const logs = Float64Array.from(densities)
      codec.addLogMass(values, data, logs)
      sum.add(logs)
    }
    const logProb = new Float64Array(rows)
    sum.into(logProb)
    return logProb
  }
}

/** Such as rows are given, by mean and sd of those trained on: where missing values are looked for first is the same for all rows. */
function contextsNear(model: Model): Float64Array {
  const { dim, contextDim } = model
  const { mean, sd } = membersOf(model)[0].scaler
  const contexts = new Float64Array(CONTEXTS * contextDim)
  for (let at = 0; at < contexts.length; at++) {
    const j = dim + (at % contextDim)
    contexts[at] = mean[j] + sd[j] * randomStream(0, PURPOSE.missingContexts, at).normal()
  }
  return contexts
}
