import type { MeanNLL } from '../train/mean-nll.js'
import type { Trials } from '../train/trials.js'
import { epochsOf, type Recipe, type Shape } from './recipe.js'

// What was chosen and why, a line each.

/** What is tried before any training. */
export const MIXTURES = 'mixtures of normals'

export const inVainText = (name: string, refit: boolean): string =>
  `training: none of ${name}, for it makes rows that are held out no clearly likelier${refit ? '; all rows are fitted at once' : ''}`

export const NO_MIXTURE = 'base: one normal; no mixture of normals makes rows that are left out likelier'

export const gainText = (components: number, gain: number): string =>
  `base: a mixture of ${components} normals makes rows that are left out likelier by ${gain.toFixed(3)} nats than one`

export function shapeText({ dim, contextDim, rows }: Shape, { layers, bins, hidden }: Recipe): string {
  const given = contextDim > 0 ? ` given ${contextDim}` : ''
  const count = dim === 1 ? 1 : layers
  return `${dim} ${dim === 1 ? 'column' : 'columns'}${given}, ${rows} rows: ${count} spline ${count === 1 ? 'layer' : 'layers'} of ${bins} bins, nets of [${hidden.join(', ')}]`
}

export function trialText(on: string, { flows, chosen }: Trials): string {
  const each = flows.map(({ name, nll: { mean } }) => `${name} ${mean?.toFixed(3) ?? 'infinite'}`).join(', ')
  return `tried, −ln p of ${on}: ${each}${flows.length > 1 ? `; so ${chosen}` : ''}`
}

export function epochText(steps: number, recipe: Recipe, shape: Shape, members = 1): string {
  const size = Math.min(recipe.batch, shape.rows)
  const epochs = epochsOf(steps, recipe, shape)
  const times = epochs < 10 ? epochs.toFixed(1) : Math.round(epochs)
  const each = members > 1 ? `${members} members, each of ` : ''
  return `training: ${each}${steps} ${steps === 1 ? 'step' : 'steps'} of ${size} rows, which is ${times} times through the rows`
}

export const fineText = ({ bins, waves }: Recipe, { mean, standardError }: MeanNLL): string =>
  `layers: ${bins} bins and ${waves} frequencies of waves, for structure is fine: so the rows held out are likelier by ${mean?.toFixed(3)} ± ${standardError?.toFixed(3)}`

export const foldText = (after: number): string =>
  after === 0
    ? 'training: none, for it makes rows that are left out no likelier beyond chance; all rows are fitted at once'
    : 'few rows: all of them are trained on, for as long as it helped those left out'
