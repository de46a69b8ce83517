import { sideBySide } from '../data/row-columns.js'
import { matrixSource, type RowSource } from '../data/row-source.js'
import { drawnMatrix } from '../data/rows.js'
import type { Context } from '../flow/context.js'
import type { Model } from '../flow/ensemble.js'
import type { ParallelOptions } from '../parallel/chunks.js'
import { sample } from '../parallel/evaluate.js'
import { type IntegralOptions, integrateDensity } from './density-integral.js'
import type { Evaluation } from './figures.js'
import { contextsOf, type Part } from './given-rows.js'
import { worstRoundTrip } from './round-trip.js'
import { samplesOutside } from './samples-outside.js'

/** Of the sample that is compared with the rows, and that the round trip and the bounds of the integral are taken from. */
export const SAMPLE_ROWS = 100_000

const NO_ONE_DENSITY =
  'Left out, as the density differs with the given columns: a mixture of Gaussians, ∫ p, and pictures of the density.'

/** What must hold of any flow, however well it fits: it can be inverted, its density has mass 1, its samples are like the rows. */
export async function geometry(
  flow: Model,
  training: Part,
  { mostPoints, ...parallel }: IntegralOptions,
): Promise<Pick<Evaluation, 'worstRoundTrip' | 'integralOfDensity' | 'leftOut' | 'samplesOutside'>> {
  const drawn = await sampled(flow, training, parallel)
  const worst = Math.max(await worstRoundTrip(flow, training.rows), await worstRoundTrip(flow, drawn))
  return {
    ...(flow.contextDim > 0 && { leftOut: NO_ONE_DENSITY }),
    ...(flow.dim === 2 &&
      flow.contextDim === 0 && {
        integralOfDensity: await integrateDensity(flow, [training.rows, drawn], { mostPoints, ...parallel }),
      }),
    worstRoundTrip: Number.isFinite(worst) ? worst : null,
    samplesOutside: await samplesOutside(flow, training, drawn),
  }
}

/** Rows drawn from a flow; where it has a context, as it is in the training data. */
async function sampled(flow: Model, { rows, weights }: Part, parallel: ParallelOptions): Promise<RowSource> {
  const draw = async (count: number, context?: Context) =>
    matrixSource(drawnMatrix(await sample(flow, count, { ...parallel, context }), flow.dim))
  if (flow.contextDim === 0) return draw(SAMPLE_ROWS)
  const context = await contextsOf(flow, rows, Math.min(SAMPLE_ROWS, rows.rows), weights)
  return sideBySide(await draw(context.rows, context.data), matrixSource(context))
}
