import type { BaseSpec } from '../bases/base.js'
import type { RowSource } from '../data/row-source.js'
import type { Rows } from '../data/rows.js'
import { type Flow, flow } from '../flow/flow.js'
import type { LayerSpec } from '../layers/layer.js'
import { type FitResult, fit } from '../train/fit.js'
import type { GivenRows } from '../train/given-rows.js'
import { type FitOptions, MAX_STEPS } from '../train/options.js'
import type { PreprocessChoice } from '../train/preprocess.js'
import type { AutoOptions } from './auto.js'
import { fitOptionsOf, type Recipe, type Shape } from './recipe.js'

/** What is the same for all that is tried. */
export interface Setting {
  readonly rows: Rows | RowSource | GivenRows
  readonly source: RowSource
  readonly shape: Shape
  readonly recipe: Recipe
  readonly options: AutoOptions & { readonly seed: number; readonly validation: number; readonly budget: number }
  /** Seconds since the beginning. */
  spent(): number
}

/** A flow that is tried: what is mapped onto what. */
export interface Candidate {
  readonly name: string
  readonly layers: readonly LayerSpec[]
  readonly base: BaseSpec | undefined
  /** Of a mixture as base. */
  readonly components?: number
  readonly preprocess: PreprocessChoice
}

/** Steps whose time is not looked at, and those that tell the speed. */
const PROBE = { warmUp: 5, timed: 20 }

export function modelOf({ layers, base }: Candidate, { shape, options }: Setting): Flow {
  return flow(shape.dim, layers, { base, context: shape.contextDim, seed: options.seed })
}

/** Trains a candidate, new, by its recipe. */
export function trainFor(
  candidate: Candidate,
  setting: Setting,
  options: FitOptions & { steps: number },
): Promise<FitResult> {
  const { rows, shape, recipe, options: own } = setting
  const { validation, seed, threads, signal } = own
  return fit(modelOf(candidate, setting), rows, {
    ...fitOptionsOf(recipe, shape, options.steps),
    ...{ preprocess: candidate.preprocess, validation, seed, threads, signal },
    ...options,
  })
}

/** Seconds that a step of a candidate takes. */
export function probe(candidate: Candidate, setting: Setting): Promise<number> {
  return perStep(async (steps) => (await trainFor(candidate, setting, { steps, validationEvery: steps + 1 })).seconds)
}

/** Steps of a flow and its training that fit into so many seconds. */
export async function stepsWithin(
  budget: number,
  rows: RowSource,
  dim: number,
  parts: Pick<Candidate, 'layers'> & { readonly base?: BaseSpec },
  options: FitOptions,
): Promise<number> {
  const context = rows.columns - dim
  const started = performance.now()
  const secondsPerStep = await perStep(async (steps) => {
    const model = flow(dim, parts.layers, { base: parts.base, context, seed: options.seed })
    return (await fit(model, rows, { ...options, steps, validationEvery: steps + 1 })).seconds
  })
  const left = budget - (performance.now() - started) / 1000
  return Math.max(1, Math.min(MAX_STEPS, Math.floor(Math.max(left, 0.1 * budget) / secondsPerStep)))
}

async function perStep(timed: (steps: number) => Promise<number>): Promise<number> {
  // The first run starts threads and compiles what they do.
  await timed(PROBE.warmUp)
  const before = await timed(PROBE.warmUp)
  return Math.max(1e-6, ((await timed(PROBE.warmUp + PROBE.timed)) - before) / PROBE.timed)
}
