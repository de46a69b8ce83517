import { type Gaussian, GaussianFit, gaussianLogProb } from '../data/gaussian.js'
import { placesFrom, takeColumns } from '../data/row-columns.js'
import { blockRowsOf, type RowBlock, type RowSource } from '../data/row-source.js'
import { DataError } from '../errors.js'

/** What a flow is compared with: ln p(x) of rows, or ln p(x | c) where they have a context behind. */
export type Baseline = (rows: RowBlock, out: Float64Array) => void

/**
 * The single full-covariance Gaussian of the rows. Where only their first `dim` columns are modelled, given the others, it
 * is that Gaussian's conditional, ln p(x | c) = ln N(x, c) − ln N(c): a linear regression with normal errors.
 * undefined where columns depend on each other linearly: that no Gaussian fits is a fact about the data, and no failure.
 */
export async function gaussianBaseline(source: RowSource, dim: number): Promise<Baseline | undefined> {
  const { columns } = source
  const givenPlaces = placesFrom(dim, columns)
  const blockRows = blockRowsOf(columns)
  const given = new Float64Array(Math.min(blockRows, source.rows) * givenPlaces.length)
  const fits = { all: new GaussianFit(columns), given: new GaussianFit(givenPlaces.length) }
  for await (const block of source.blocks(blockRows)) {
    fits.all.add(block)
    if (dim < columns) fits.given.add(takeColumns(block, columns, givenPlaces, given))
  }
  const all = ended(fits.all)
  if (!all) return undefined
  if (dim === columns) return (rows, out) => gaussianLogProb(all, rows, out)
  const ofGiven = ended(fits.given)
  return ofGiven && ((rows, out) => conditional(all, ofGiven, rows, givenPlaces, out))
}

function conditional(
  all: Gaussian,
  given: Gaussian,
  rows: RowBlock,
  places: readonly number[],
  out: Float64Array,
): void {
  const columns = all.mean.length
  const count = rows.length / columns
  const contexts = takeColumns(rows, columns, places, new Float64Array(count * places.length))
  const marginal = new Float64Array(count)
  gaussianLogProb(given, contexts, marginal)
  gaussianLogProb(all, rows, out)
  for (let i = 0; i < count; i++) out[i] -= marginal[i]
}

function ended(fit: GaussianFit): Gaussian | undefined {
  try {
    return fit.end()
  } catch (error) {
    if (error instanceof DataError) return undefined
    throw error
  }
}
