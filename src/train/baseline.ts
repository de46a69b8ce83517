import { chooseMixture, MIXTURE_ROWS } from '../data/choose-mixture.js'
import { type Gaussian, GaussianFit, gaussianLogProb, halfLogDet, whitened } from '../data/gaussian.js'
import { mixtureLogProb } from '../data/gaussian-mixture.js'
import { placesFrom, takeColumns } from '../data/row-columns.js'
import { evenRows } from '../data/row-sample.js'
import { RowSet } from '../data/row-set.js'
import { blockRowsOf, chosenRows, type RowBlock } from '../data/row-source.js'
import { DataError } from '../errors.js'
import { type Part, weightsIn } from './given-rows.js'

/** What a flow is compared with: ln p(x) of rows, or ln p(x | c) where they have a context behind. */
export type Baseline = (rows: RowBlock, out: Float64Array) => void

export interface Baselines {
  readonly gaussian: Baseline | undefined
  readonly mixture: { readonly components: number; readonly logProb: Baseline } | undefined
}

/** Without rows held out, this one of so many training rows chooses the number of components. */
const HELD = 10
const SEED = 0
/** What looking for a mixture may take goes by these. */
const SECONDS = 10

/**
 * The single full-covariance Gaussian of the training rows, and the mixture of such. Where only their first `dim` columns
 * are modelled, given the others, the Gaussian is its conditional, ln p(x | c) = ln N(x, c) − ln N(c): a linear regression
 * with normal errors; then there is no mixture.
 *
 * No Gaussian where columns depend on each other linearly: that none fits is a fact about the data, and no failure. No
 * mixture either then, nor where no number of components makes the rows held out, or else a tenth of the training rows,
 * likelier than one. It is fitted to 16 384 rows at most, whitened by the Gaussian.
 */
export async function fitBaselines(training: Part, held: Part | undefined, dim: number): Promise<Baselines> {
  const { columns } = training.rows
  const all = await fitGaussian(training, placesFrom(0, columns))
  const gaussian = all && (await gaussianOf(all, training, dim))
  return { gaussian, mixture: all && dim === columns ? await fitMixture(all, training, held) : undefined }
}

/** The single Gaussian alone. */
export async function fitGaussianBaseline(training: Part, dim: number): Promise<Baseline | undefined> {
  const all = await fitGaussian(training, placesFrom(0, training.rows.columns))
  return all && gaussianOf(all, training, dim)
}

/** Of columns given others its conditional, where that of the others fits. */
async function gaussianOf(all: Gaussian, training: Part, dim: number): Promise<Baseline | undefined> {
  const { columns } = training.rows
  if (dim === columns) return (rows, out) => gaussianLogProb(all, rows, out)
  const places = placesFrom(dim, columns)
  const given = await fitGaussian(training, places)
  return given && ((rows, out) => conditional(all, given, rows, places, out))
}

async function fitGaussian({ rows, weights }: Part, places: readonly number[]): Promise<Gaussian | undefined> {
  const { columns } = rows
  const blockRows = blockRowsOf(columns)
  const taken = new Float64Array(Math.min(blockRows, rows.rows) * places.length)
  const fit = new GaussianFit(places.length)
  let first = 0
  for await (const block of rows.blocks(blockRows)) {
    const count = block.length / columns
    fit.add(takeColumns(block, columns, places, taken), weights?.subarray(first, first + count))
    first += count
  }
  try {
    return fit.end()
  } catch (error) {
    if (error instanceof DataError) return undefined
    throw error
  }
}

async function fitMixture(gaussian: Gaussian, training: Part, held: Part | undefined): Promise<Baselines['mixture']> {
  const [own, chosenBy] = held ? [training, held] : withTenthHeld(training)
  if (own.rows.rows < 1 || chosenBy.rows.rows < 2) return undefined
  const [fitted, choosing] = await Promise.all([own, chosenBy].map((part) => whitenedSample(gaussian, part)))
  const choice = await chooseMixture({ rows: fitted }, { rows: choosing }, gaussian.mean.length, {
    seed: SEED,
    seconds: SECONDS,
  })
  if (!choice) return undefined
  const { mixture } = choice
  const shift = halfLogDet(gaussian)
  let white = new Float64Array(0)
  const logProb: Baseline = (rows, out) => {
    if (white.length < rows.length) white = new Float64Array(rows.length)
    mixtureLogProb(mixture, whitened(gaussian, rows, white.subarray(0, rows.length)), out)
    for (let i = 0; i < rows.length / gaussian.mean.length; i++) out[i] -= shift
  }
  return { components: mixture.weights.length, logProb }
}

function withTenthHeld({ rows, weights }: Part): [Part, Part] {
  const tenth = RowSet.of(
    Array.from({ length: Math.floor(rows.rows / HELD) }, (_, i) => HELD * i + HELD - 1),
    rows.rows,
  )
  const part = (set: RowSet): Part => ({ rows: chosenRows(rows, set), weights: weightsIn(weights, set) })
  return [part(tenth.complement()), part(tenth)]
}

async function whitenedSample(gaussian: Gaussian, { rows, weights }: Part): Promise<Float64Array> {
  return whitened(gaussian, (await evenRows(rows, Math.min(rows.rows, MIXTURE_ROWS), weights)).data)
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
