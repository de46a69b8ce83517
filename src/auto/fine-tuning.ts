import type { FitOptions } from '../train/options.js'
import { fitOptionsOf, mostSteps, type Recipe, recipeFor, type Shape } from './recipe.js'

/** Of the learning rate from first weights on: the weights are near where they are to go. */
const GENTLE = 0.1
/** Steps without a better loss of the rows held out after which training ends: a share of all, and at least so many. */
const PATIENCE = { share: 0.25, least: 100 }

/** The recipe for a flow that is trained already: a gentle rate, and nothing that pulls its weights elsewhere. */
function recipeOf(shape: Shape): Recipe {
  const recipe = recipeFor(shape)
  return { ...recipe, learningRate: GENTLE * recipe.learningRate, weightDecay: 0, noise: [0, 0] }
}

/**
 * How a flow that is trained already is trained on, for so many steps. Where rows are held out, the weights that it begins
 * with are the first to be judged by them, so that it ends no worse on those than it began.
 */
export function fineTuning(shape: Shape, steps: number, validation: number): FitOptions {
  const options = { ...fitOptionsOf(recipeOf(shape), shape, steps), validation }
  const patience = Math.max(PATIENCE.least, Math.ceil(PATIENCE.share * steps))
  return validation > 0 ? { ...options, stopping: { patience } } : options
}

/** Steps of it that go through the rows as often as pays. */
export const mostFineTuning = (shape: Shape, batch: FitOptions['batch']): number =>
  mostSteps({ ...recipeOf(shape), ...(typeof batch === 'number' && { batch }) }, shape)
