import type { BaseSpec } from '../bases/base.js'
import { gaussianMixture } from '../bases/gaussian-mixture.js'
import type { GaussianMixture } from '../data/gaussian-mixture.js'

/** A mixture as the base of a flow: Σₖ = Lₖ Lₖᵀ. */
export function mixtureBase({ weights, means, choleskies }: GaussianMixture, dim: number): BaseSpec {
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
