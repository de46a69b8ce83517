import type { Flow } from '../../flow/flow.js'
import { valuesOf } from '../../nets/parameters.js'
import { exp } from '../../random/elementary.js'
import { scoreOf, tailsOf } from './normal-scores.js'

type Floats = Float32Array | Float64Array

/** z [rows, dim] → normal scores [rows, dim], independent and N(0, 1) each where z is a sample of the base. */
export type BaseScores = (z: Floats) => Float64Array

/**
 * The Rosenblatt transform of a flow's base, nⱼ = Φ⁻¹(F(zⱼ | z₁ … zⱼ₋₁)), exact for normals and mixtures of such; undefined
 * for other bases, and where a net makes the base's numbers of the context.
 *
 * For N(μ, Σ) with AᵀA = Σ⁻¹, A lower-triangular, n = A(z − μ). For Σₖ πₖ N(μₖ, Σₖ), with nₖ = Aₖ(z − μₖ),
 *
 *   F(zⱼ | z₁ … zⱼ₋₁) = Σₖ wₖⱼ Φ(nₖⱼ) / Σₖ wₖⱼ,   wₖⱼ = πₖ Πᵢ<ⱼ Aₖᵢᵢ φ(nₖᵢ).
 *
 * Source: Rosenblatt, "Remarks on a multivariate transformation", Annals of Mathematical Statistics 23 (1952).
 */
export function baseScores({ structure, numbers, dim }: Flow): BaseScores | undefined {
  const { base, layers, slots, stateSlots } = structure
  if (base.spec.conditioner !== undefined) return undefined
  // Numbers that are learnt stand among the parameters, fixed ones in the state.
  const values = {
    ...valuesOf(base.parameters, numbers.subarray(slots[layers.length])),
    ...valuesOf(base.state ?? [], numbers.subarray(stateSlots[layers.length])),
  }
  switch (base.spec.type) {
    case 'standardNormal':
      return (z) => Float64Array.from(z)
    case 'diagonalNormal': {
      const { mean, logSd } = values
      return (z) => Float64Array.from(z, (value, at) => (value - mean[at % dim]) * exp(-logSd[at % dim]))
    }
    case 'fullNormal':
      return scoresOfMixture([normal(0, values.mean, values.factor)], dim)
    case 'gaussianMixture':
      return scoresOfMixture(componentsOf(values, dim), dim)
    default:
      return undefined
  }
}

/** A normal with ln π, μ, and the rows of A up to the diagonal, which is there as its logarithm too. */
interface Component {
  readonly logWeight: number
  readonly mean: Floats
  readonly factor: Floats
  readonly diagonal: Float64Array
}

function normal(logWeight: number, mean: Floats, factor: Floats): Component {
  const diagonal = Float64Array.from(mean, (_, j) => exp(factor[(j * (j + 3)) / 2]))
  return { logWeight, mean, factor, diagonal }
}

function componentsOf({ logits, means, factors }: Readonly<Record<string, Floats>>, dim: number): Component[] {
  const size = (dim * (dim + 1)) / 2
  return Array.from(logits, (logit, k) =>
    normal(logit, means.subarray(k * dim, (k + 1) * dim), factors.subarray(k * size, (k + 1) * size)),
  )
}

/** A component of a smaller share is passed over. */
const NEGLIGIBLE = 2 ** -60

function scoresOfMixture(components: readonly Component[], dim: number): BaseScores {
  const own = new Float64Array(components.length)
  return (z) => {
    const scores = new Float64Array(z.length)
    for (let at = 0; at < z.length; at += dim) {
      // ln wₖⱼ but for what they have in common.
      const logWeights = components.map(({ logWeight }) => logWeight)
      for (let j = 0; j < dim; j++) {
        for (const [k, component] of components.entries()) own[k] = scoreIn(component, z, at, j)
        scores[at + j] = components.length === 1 ? own[0] : mixed(own, logWeights)
        for (const [k, { factor }] of components.entries()) {
          logWeights[k] += factor[(j * (j + 3)) / 2] - (own[k] * own[k]) / 2
        }
      }
    }
    return scores
  }
}

/** (A(z − μ))ⱼ */
function scoreIn({ mean, factor, diagonal }: Component, z: Floats, at: number, j: number): number {
  const row = (j * (j + 1)) / 2
  let sum = diagonal[j] * (z[at + j] - mean[j])
  for (let i = 0; i < j; i++) sum += factor[row + i] * (z[at + i] - mean[i])
  return sum
}

/** Φ⁻¹ of the mean of Φ(nₖ), by weights that are there as logarithms. */
function mixed(scores: Float64Array, logWeights: readonly number[]): number {
  const most = Math.max(...logWeights)
  let [total, below, above] = [0, 0, 0]
  for (let k = 0; k < scores.length; k++) {
    const weight = exp(logWeights[k] - most)
    if (weight < NEGLIGIBLE) continue
    const tails = tailsOf(scores[k])
    total += weight
    below += weight * tails.below
    above += weight * tails.above
  }
  return scoreOf({ below: below / total, above: above / total })
}
