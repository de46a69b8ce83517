import type { BaseSpec } from '../bases/base.js'
import { gaussianMixture } from '../bases/gaussian-mixture.js'
import { chooseMixture } from '../data/choose-mixture.js'
import type { GaussianMixture } from '../data/gaussian-mixture.js'

/** A mixture as the base of a flow, and how much likelier than one normal it makes rows that it has not seen. */
export interface MixtureBase {
  readonly base: BaseSpec
  readonly components: number
  /** Mean of ln p_mixture − ln p_normal over the held-out rows, nats. */
  readonly gain: number
}

/**
 * The mixture of normals, by the number of components that makes the held-out rows likeliest; rows [rows, dim] as a flow's
 * layers see them. undefined where no mixture is better than one normal.
 */
export function mixtureBase(
  training: Float64Array,
  held: Float64Array,
  dim: number,
  seed: number,
): MixtureBase | undefined {
  const choice = chooseMixture(training, held, dim, seed)
  if (!choice) return undefined
  const { mixture, gain } = choice
  return { base: asBase(mixture, dim), components: mixture.weights.length, gain }
}

/** Σ = L Lᵀ of each component. */
function asBase({ weights, means, choleskies }: GaussianMixture, dim: number): BaseSpec {
  const each = [...weights.keys()]
  const covariance = (l: Float64Array) =>
    Array.from({ length: dim }, (_, i) =>
      Array.from({ length: dim }, (_, j) => {
        let sum = 0
        for (let k = 0; k <= Math.min(i, j); k++) sum += l[i * dim + k] * l[j * dim + k]
        return sum
      }),
    )
  return gaussianMixture({
    components: weights.length,
    weights: [...weights],
    means: each.map((k) => [...means.subarray(k * dim, (k + 1) * dim)]),
    covariances: each.map((k) => covariance(choleskies.subarray(k * dim * dim, (k + 1) * dim * dim))),
  })
}
