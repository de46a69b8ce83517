import { autoregressive } from '../layers/autoregressive.js'
import { coupling } from '../layers/coupling.js'
import type { LayerSpec } from '../layers/layer.js'
import { permutation, randomOrder } from '../layers/permutation.js'
import type { Activation } from '../nets/activations.js'
import { maskedMLP } from '../nets/masked-mlp.js'
import { mlp } from '../nets/mlp.js'
import { checkedSplineOptions, type SplinePresetOptions } from '../presets/options.js'
import { adamW } from '../step/adamw.js'
import { ema } from '../step/averaging.js'
import { noise } from '../step/noise.js'
import { cosine, warmUp } from '../step/schedule.js'
import type { FitOptions } from '../train/options.js'
import { checkBinSize, rationalQuadratic } from '../transformers/rational-quadratic.js'

/** What of the data decides. */
export interface Shape {
  readonly dim: number
  readonly contextDim: number
  /** Of the rows trained on. */
  readonly rows: number
}

/** What a rule says: how a flow is built and how a step of it is taken. */
export interface Recipe {
  readonly layers: number
  readonly hidden: readonly number[]
  readonly activation: Activation
  readonly bins: number
  readonly box: number
  /** Of splines; where nothing is said, their own. */
  readonly minBinSize?: number
  readonly minDerivative?: number
  /** Frequencies of the waves that nets see of their columns; 0: none. */
  readonly waves: number
  readonly dropout: number
  readonly weightDecay: number
  /** Sd of the noise on rows at the first step and behind the last. */
  readonly noise: readonly [number, number]
  readonly learningRate: number
  readonly batch: number
  /** Times that all rows may be gone through: more would fit their chance. */
  readonly epochs: number
}

/** Rows below which a table is small. */
const SMALL = 500
const MIDDLING = 5000
/** Columns up to which there are few. */
const PLANE = 3

/**
 * The rule, by the number of columns and rows. Few columns: few layers with many bins, whose nets see waves, for sharp edges
 * and fine structure. More: more layers with few bins between permutations. Few rows: small nets, much of every regulariser,
 * and an early end.
 */
export function recipeFor({ dim, rows }: Shape): Recipe {
  const small = rows < SMALL
  const plane = dim <= PLANE
  const regular: Pick<Recipe, 'dropout' | 'weightDecay' | 'noise' | 'epochs'> = small
    ? { dropout: 0.3, weightDecay: 0.5, noise: [0.2, 0.1], epochs: 200 }
    : rows < MIDDLING
      ? { dropout: 0.2, weightDecay: plane ? 0 : 0.5, noise: [0.1, plane ? 0 : 0.05], epochs: 200 }
      : { dropout: 0.1, weightDecay: 0, noise: [0, 0], epochs: 400 }
  const common = { box: 4, batch: rows < MIDDLING ? 256 : 512, ...regular }
  const hidden = small ? [32, 32] : [64, 64]
  if (plane) {
    const waves = small ? 0 : 6
    return { layers: 2, hidden, activation: 'relu', bins: small ? 8 : 16, waves, learningRate: 4e-3, ...common }
  }
  return { layers: small ? 2 : 6, hidden, activation: 'silu', bins: 8, waves: 0, learningRate: 2e-3, ...common }
}

/** Rows of two or three columns from which on structure may be so fine that more bins and waves pay for their time. */
const MANY = 5000
/** And from which on more bins yet find their rows. */
const VERY_MANY = 15_000

/** The rule for fine structure, such as letters or lines on a map; undefined where rows are too few, or columns too many, to show any. */
export function fineRecipeFor(shape: Shape): Recipe | undefined {
  const { dim, rows } = shape
  return dim > 1 && dim <= PLANE && rows >= MANY
    ? { ...recipeFor(shape), bins: rows >= VERY_MANY ? 64 : 32, waves: 16 }
    : undefined
}

/** The rule with what was said put in its place. */
export function withSaid(recipe: Recipe, said: { recipe?: SplinePresetOptions; batch?: number }): Recipe {
  const { layers, hidden, activation, bins, box, minBinSize, minDerivative, dropout, fourier } = checkedSplineOptions(
    'auto',
    said.recipe ?? {},
  )
  const settled = {
    ...recipe,
    ...(layers !== undefined && { layers }),
    ...(hidden && { hidden }),
    ...(activation && { activation }),
    ...(bins !== undefined && { bins }),
    ...(box !== undefined && { box }),
    ...(minBinSize !== undefined && { minBinSize }),
    ...(minDerivative !== undefined && { minDerivative }),
    ...(dropout !== undefined && { dropout }),
    ...(typeof fourier === 'number' && { waves: fourier }),
    ...(said.batch !== undefined && { batch: said.batch }),
  }
  checkBinSize('auto', settled)
  return settled
}

/**
 * The layers of a recipe, data → noise. Columns end where they began: before the first step the layers are the identity,
 * so that what is known of the columns holds for the base.
 */
export function layersOf(recipe: Recipe, { dim }: Shape): LayerSpec[] {
  const { layers, bins, box, minBinSize, minDerivative } = recipe
  const transformer = rationalQuadratic({ bins, box, minBinSize, minDerivative })
  if (dim === 1) return [autoregressive({ transformer, conditioner: maskedMLP(netOf(recipe)) })]
  const couple = (i: number) => {
    const mask = Array.from({ length: dim }, (_, j) => (j < Math.floor(dim / 2) ? i % 2 : 1 - (i % 2)))
    return coupling({ mask, transformer, kept: transformer, conditioner: mlp(netOf(recipe)) })
  }
  if (dim === 2) return Array.from({ length: layers }, (_, i) => couple(i))
  let places = Array.from({ length: dim }, (_, j) => j)
  const mixed = Array.from({ length: layers }, (_, i): LayerSpec[] => {
    if (i === 0) return [couple(i)]
    const order = randomOrder(i, dim)
    places = order.map((j) => places[j])
    return [permutation({ order }), couple(i)]
  }).flat()
  return layers === 1 ? mixed : [...mixed, permutation({ order: places.map((_, j) => places.indexOf(j)) })]
}

/** The options of a net. */
export function netOf({ hidden, activation, dropout, waves, box }: Recipe) {
  return {
    hidden: [...hidden],
    activation,
    ...(dropout > 0 && { dropout }),
    ...(waves > 0 && { fourier: { count: waves, period: 2 * box } }),
  }
}

/** Validations of a run, at most. */
const VALIDATIONS = 40
/** What they may take of a run's time, about: a row costs a third of one that is trained on, and with its average twice that. */
export const VALIDATION_TIME = 0.15
const VALIDATION_ROW = 2 / 3
/** Rows held out for each one trained on, about. */
const HELD_OUT = 1 / 9

/** How `steps` steps of a recipe are taken. */
export function fitOptionsOf(recipe: Recipe, { rows }: Shape, steps: number): FitOptions {
  const { learningRate, weightDecay, batch, noise: sd } = recipe
  return {
    steps,
    batch: Math.min(batch, rows),
    optimizer: adamW({ learningRate, beta2: 0.99, weightDecay }),
    schedule: warmUp(cosine()),
    clip: 5,
    average: ema(0.999),
    ...(sd[0] > 0 && { noise: noise({ sd: sd[0], final: sd[1] }) }),
    validationEvery: Math.max(
      1,
      Math.min(steps, Math.max(Math.floor(steps / VALIDATIONS), affordableEvery(recipe, rows))),
    ),
  }
}

/** Steps between two validations, so that these are not what time goes into. */
function affordableEvery({ batch }: Recipe, rows: number): number {
  return Math.round((VALIDATION_ROW * HELD_OUT * rows) / (VALIDATION_TIME * Math.min(batch, rows)))
}

/** Steps that go through all rows as often as the recipe allows. */
export const mostSteps = ({ epochs, batch }: Recipe, { rows }: Shape): number =>
  Math.max(1, Math.round((epochs * rows) / Math.min(batch, rows)))

/** How often steps of a recipe go through all rows. */
export const epochsOf = (steps: number, { batch }: Recipe, { rows }: Shape): number =>
  (steps * Math.min(batch, rows)) / rows
