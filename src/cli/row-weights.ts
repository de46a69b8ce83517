import { blockRowsOf, type RowSource } from '../data/row-source.js'
import { DataError } from '../errors.js'

/**
 * How much each row counts, by the only column of the rows.
 * @throws DataError where it holds a negative number, or nothing else than 0.
 */
export async function checkWeights(source: RowSource, column: string): Promise<Float64Array> {
  const weights = new Float64Array(source.rows)
  let at = 0
  for await (const block of source.blocks(blockRowsOf(1))) {
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
  return weights
}
