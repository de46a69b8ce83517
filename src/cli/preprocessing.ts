import { RowSet } from '../data/row-set.js'
import { blockRowsOf, chosenRows, type RowBlock } from '../data/row-source.js'
import { DataError } from '../errors.js'
import { type PreprocessChoice, preprocess } from '../train/preprocess.js'
import type { ModelRows } from './given-columns.js'
import { say } from './output.js'

/** What --preprocess may be. */
export type PreprocessName = 'standardise' | 'none' | 'robust' | 'gaussianise'

/** The same for `fit`. */
export function preprocessing(name: PreprocessName, fillValue: number | 'none' | undefined): PreprocessChoice {
  if (name === 'standardise' || name === 'none') return name
  // Before it comes to fit, rows have been looked through for them.
  const fillValues = fillValue === 'none' ? 'keep' : 'refuse'
  return preprocess({ gaussianise: name === 'robust' ? 'tails' : true, fillValues })
}

/**
 * Rows without those that hold the number of --fill-value in a column; says how many those were.
 * @throws DataError where fewer than two are left.
 */
export async function withoutFills(rows: ModelRows, fillValue: number | 'none' | undefined): Promise<ModelRows> {
  if (fillValue === undefined || fillValue === 'none') return rows
  const { points } = rows
  const kept: number[] = []
  let first = 0
  for await (const block of points.blocks(blockRowsOf(points.columns))) {
    addRowsWithout(block, points.columns, fillValue, first, kept)
    first += block.length / points.columns
  }
  say(`Left out: ${points.rows - kept.length} of ${points.rows} rows, with the fill value ${fillValue} in a column.`)
  if (kept.length < 2) {
    throw new DataError(`Without the fill value ${fillValue} there are ${kept.length} rows; expected 2 or more.`)
  }
  return { ...rows, points: chosenRows(points, RowSet.of(kept, points.rows)) }
}

function addRowsWithout(block: RowBlock, columns: number, value: number, first: number, kept: number[]): void {
  for (let row = 0; row * columns < block.length; row++) {
    let without = true
    for (let j = 0; j < columns; j++) without &&= block[row * columns + j] !== value
    if (without) kept.push(first + row)
  }
}
