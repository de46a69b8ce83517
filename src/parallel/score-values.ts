import { latinUniforms } from '../columns/dequantise.js'
import { RowCodec } from '../columns/table-codec.js'
import { tableValues } from '../columns/table-values.js'
import type { TypedTable } from '../columns/typed-table.js'
import type { RowSource } from '../data/row-source.js'
import { UsageError } from '../errors.js'
import { joined } from '../flow/context.js'
import type { Model } from '../flow/ensemble.js'
import { LogMeanExp } from '../flow/log-mean-exp.js'
import { type ParallelOptions, parallelRowsOf } from './chunks.js'
import { densityRoom, logProbTo } from './evaluate.js'
import { sharedLike } from './shared-memory.js'

/**
 * ln p of the rows of a table under a model that knows its columns (`model.data.table`), those with a missing cell left out:
 * densities of continuous columns times masses of the others, as `score` writes them.
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

/**
 * ln p of rows of values [rows, columns of the codec], block by block: for continuous columns a density, for the others the mass
 * of the values, which is that of the intervals that they stand for,
 * ln P(k) = ln E_u p(k + step·u) + ln step,
 * estimated by eight points u, the same for every row. Of a fixed model the estimate has the right mean of P, so that the
 * mean of its logarithm is no greater than ln P.
 */
export async function* scoredValues(
  model: Model,
  codec: RowCodec,
  source: RowSource,
  options: ParallelOptions,
): AsyncGenerator<{ readonly values: Float64Array; readonly logProb: Float64Array }> {
  const width = codec.names.length
  const blockRows = Math.min(source.rows, parallelRowsOf(width))
  const room = { rows: sharedLike(model.scaler.mean, blockRows * width), densities: densityRoom(model, blockRows) }
  const draws = codec.uniform ? SCORE_DRAWS : 1
  const uniforms = codec.columns.map((_, j) => latinUniforms(codec.codec.seed, j, draws))
  for await (const values of source.blocks(blockRows)) {
    const rows = values.length / source.columns
    const sum = new LogMeanExp(rows)
    for (let k = 0; k < draws; k++) {
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
    yield { values: Float64Array.from(values), logProb }
  }
}
