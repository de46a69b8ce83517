import { fullNormal } from '../bases/full-normal.js'
import { mlp } from '../nets/mlp.js'
import type { PreprocessChoice } from '../train/preprocess.js'
import { netOf, type Recipe } from './recipe.js'
import type { Candidate } from './trials.js'

/**
 * How a normal is trained whose mean and covariance a net makes of the context. All that it says is a few numbers a row, so
 * that it takes larger steps, and no dropout nor much decay, which would keep it from the context; nor much noise, which would
 * widen groups that are narrow beside all rows, of whose sd it is a share.
 */
function recipeOfNormal(recipe: Recipe): Recipe {
  const [first] = recipe.noise
  const noise = [first / 2, 0.15 * first] as const
  return { ...recipe, dropout: 0, weightDecay: 0.1, noise, learningRate: 5e-3, epochs: 400, waves: 0 }
}

/**
 * For p(x | c), layers, which see c, on a normal N(μ(c), Σ(c)): the layers have to make its shape alone. With nothing learnt
 * yet it is one normal, and with layers that learn nothing the normal by the context. Columns that are made normal one by
 * one would leave no group so: `bent` bends long tails alone.
 */
export const onNormalByContext = (plain: Candidate, bent: PreprocessChoice): Candidate => ({
  ...plain,
  name: 'layers on a normal by the context',
  base: fullNormal({ conditioner: mlp(netOf(recipeOfNormal(plain.recipe))) }),
  preprocess: bent,
})

/**
 * What is tried of few rows: the normal by the context alone, the cheapest first; layers on it; and layers on one normal,
 * which then have to make all that differs between groups of rows. No layers are left out that were asked for.
 */
export function givenCandidates(plain: Candidate, bent: PreprocessChoice, layersAsked: boolean): Candidate[] {
  const over = onNormalByContext(plain, bent)
  const recipe = recipeOfNormal(plain.recipe)
  const alone: Candidate = { ...over, name: 'a normal by the context alone', layers: [], recipe }
  return layersAsked ? [over, plain] : [alone, over, plain]
}
