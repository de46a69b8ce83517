import { chosenColumns, placesFrom } from '../data/row-columns.js'
import { blockRowsOf } from '../data/row-source.js'
import { placeOf } from '../data/table-columns.js'
import { DataError, UsageError } from '../errors.js'
import type { ModelRows } from './given-columns.js'

/** Rows, and how much each of them counts where a column said so. */
export interface WeightedRows extends ModelRows {
  readonly weights: Float64Array | undefined
}

/**
 * Takes the column of --weights, where there is one, out of the rows.
 * @throws DataError where it is not there, or holds a negative number or nothing else than 0; UsageError for a
 *   generator, and where it is given as well or the only one.
 */
export async function takeWeights(
  rows: ModelRows,
  column: string | undefined,
  generator: string | undefined,
): Promise<WeightedRows> {
  if (column === undefined) return { ...rows, weights: undefined }
  if (generator !== undefined) throw new UsageError(`--weights is for files; ${generator} is a generator.`)
  const { points, columns, dim } = rows
  const place = placeOf(column, columns, '--weights')
  if (place >= dim) throw new UsageError(`--given and --weights both name ${JSON.stringify(column)}.`)
  if (dim === 1) throw new UsageError(`--weights names the only column (${column}); expected one at least to model.`)
  const weights = new Float64Array(points.rows)
  let at = 0
  for await (const block of chosenColumns(points, [place]).blocks(blockRowsOf(points.columns))) {
    weights.set(block, at)
    at += block.length
  }
  const name = JSON.stringify(column)
  const bad = weights.findIndex((weight) => weight < 0)
  if (bad >= 0) {
    throw new DataError(
      `The weight of row ${bad} (counted from 0) is ${weights[bad]}, in column ${name}; expected 0 or more.`,
    )
  }
  if (weights.every((weight) => weight === 0)) throw new DataError(`All weights, in column ${name}, are 0.`)
  const places = placesFrom(0, columns.length).filter((other) => other !== place)
  return { points: chosenColumns(points, places), columns: places.map((i) => columns[i]), dim: dim - 1, weights }
}
