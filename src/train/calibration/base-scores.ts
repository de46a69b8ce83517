import type { BaseSpec } from '../../bases/base.js'
import { contaminatedBy } from '../../bases/contaminated.js'
import type { Flow } from '../../flow/flow.js'
import { under, valuesOf } from '../../nets/parameters.js'
import { cos, exp, ln, sin } from '../../random/elementary.js'
import { scoreOf, tailsOf } from './normal-scores.js'

type Floats = Float32Array | Float64Array

/** z [rows, dim] → normal scores [rows, dim], independent and N(0, 1) each where z is a sample of the base. */
export type BaseScores = (z: Floats) => Float64Array

/**
 * The Rosenblatt transform of a flow's base, nⱼ = Φ⁻¹(F(zⱼ | z₁ … zⱼ₋₁)), exact for normals, mixtures of such, Student's t of three
 * degrees, and one of these contaminated by another; undefined for other bases, and where a net makes the base's numbers of
 * the context.
 *
 * For N(μ, Σ) with AᵀA = Σ⁻¹, A lower-triangular, n = A(z − μ). For Σₖ πₖ N(μₖ, Σₖ), with nₖ = Aₖ(z − μₖ),
 *
 *   F(zⱼ | z₁ … zⱼ₋₁) = Σₖ wₖⱼ Φ(nₖⱼ) / Σₖ wₖⱼ,   wₖⱼ = πₖ Πᵢ<ⱼ Aₖᵢᵢ φ(nₖᵢ).
 *
 * Source: Rosenblatt, "Remarks on a multivariate transformation", Annals of Mathematical Statistics 23 (1952).
 */
export function baseScores({ structure, numbers, dim }: Flow): BaseScores | undefined {
  const { base, layers, slots, stateSlots } = structure
  // Numbers that are learnt stand among the parameters, fixed ones in the state.
  const values = {
    ...valuesOf(base.parameters, numbers.subarray(slots[layers.length])),
    ...valuesOf(base.state ?? [], numbers.subarray(stateSlots[layers.length])),
  }
  if (base.spec.type === 'standardNormal') return (z) => Float64Array.from(z)
  const components = componentsOf(base.spec, values, dim)
  return components && scoresOfMixture(components, dim)
}

type Values = Readonly<Record<string, Floats>>

/** One of what a base is a mixture of: its share, and each column given those before it. */
interface Component {
  readonly logWeight: number
  /** Normal score of zⱼ given z₁ … zⱼ₋₁, of the row at `at`. */
  score(z: Floats, at: number, j: number): number
  /** ln of its density, and ½ ln 2π more. */
  logDensity(z: Floats, at: number, j: number, score: number): number
}

/** What a base is a mixture of; undefined where it is none of what is known here, or a net makes its numbers of the context. */
function componentsOf(spec: BaseSpec, values: Values, dim: number): Component[] | undefined {
  if (spec.conditioner !== undefined) return undefined
  const none = new Float64Array(dim)
  switch (spec.type) {
    case 'standardNormal':
      return [diagonal(none, none)]
    case 'diagonalNormal':
      return [diagonal(values.mean, values.logSd)]
    case 'fullNormal':
      return [normal(0, values.mean, values.factor)]
    case 'gaussianMixture':
      return normalised(mixtureOf(values, dim))
    case 'studentT':
      return values.rawDegrees.every((raw) => Math.abs(exp(raw) + LEAST_DEGREES - 3) < CLOSE)
        ? [studentOfThree(values.location, values.logScale)]
        : undefined
    case 'contaminated': {
      const { base, by } = contaminatedBy(spec)
      const both = [componentsOf(base, under('base', values), dim), componentsOf(by, under('by', values), dim)]
      const weighed = both.map((own, k) => own?.map((one) => shared(one, values.logits[k])))
      return weighed[0] && weighed[1] && weighed.flatMap((own) => own ?? [])
    }
    default:
      return undefined
  }
}

const shared = (one: Component, logWeight: number): Component => ({ ...one, logWeight: one.logWeight + logWeight })

/** N(μ, Σ), AᵀA = Σ⁻¹, of the rows of A up to the diagonal: n = A(z − μ). */
function normal(logWeight: number, mean: Floats, factor: Floats): Component {
  const diagonal = Float64Array.from(mean, (_, j) => exp(factor[(j * (j + 3)) / 2]))
  return {
    logWeight,
    score(z, at, j) {
      const row = (j * (j + 1)) / 2
      let sum = diagonal[j] * (z[at + j] - mean[j])
      for (let i = 0; i < j; i++) sum += factor[row + i] * (z[at + i] - mean[i])
      return sum
    },
    logDensity: (_z, _at, j, score) => factor[(j * (j + 3)) / 2] - (score * score) / 2,
  }
}

/** N(μ, diag σ²). */
function diagonal(mean: Floats, logSd: Floats): Component {
  const rows = Array.from(logSd, (value, j) => [...Array<number>(j).fill(0), -value])
  return normal(0, mean, Float64Array.from(rows.flat()))
}

function mixtureOf({ logits, means, factors }: Values, dim: number): Component[] {
  const size = (dim * (dim + 1)) / 2
  return Array.from(logits, (logit, k) =>
    normal(logit, means.subarray(k * dim, (k + 1) * dim), factors.subarray(k * size, (k + 1) * size)),
  )
}

/** What a `studentT` has above e^raw, and how near to 3 its degrees have to be, as float32 holds them. */
const LEAST_DEGREES = 0.5
const CLOSE = 1e-5

/** As far as t is told from ∞: beyond it the probability is 10⁻¹⁸. */
const FARTHEST_T = 1e6

/** atan(y/x) for x ≥ 0 and y > 0, the same bits whatever the engine: two steps of a ← a + sin(atan(y/x) − a), each cubing the error. */
function angleOf(x: number, y: number): number {
  const h = Math.sqrt(x * x + y * y)
  const [c, s] = [x / h, y / h]
  const small = Math.min(c, s) / Math.max(c, s)
  const rough = small / (1 + 0.28 * small * small)
  let a = s < c ? rough : Math.PI / 2 - rough
  for (let i = 0; i < 2; i++) a += s * cos(a) - c * sin(a)
  return a
}

/**
 * Independent Student-t numbers of three degrees: with a = atan(√3/|t|) the probability beyond |t| is (a − sin a cos a)/π, and
 * the density 2/(π√3 (1 + t²/3)²).
 * Source: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2, chapter 28.
 */
function studentOfThree(location: Floats, logScale: Floats): Component {
  const tOf = (z: number, j: number) => (z - location[j]) * exp(-logScale[j])
  return {
    logWeight: 0,
    score(z, at, j) {
      const t = tOf(z[at + j], j)
      const a = angleOf(Math.min(Math.abs(t), FARTHEST_T), Math.sqrt(3))
      const beyond = (a - sin(a) * cos(a)) / Math.PI
      return scoreOf(t < 0 ? { below: beyond, above: 1 - beyond } : { below: 1 - beyond, above: beyond })
    },
    logDensity(z, at, j) {
      const t = tOf(z[at + j], j)
      return ln(Math.sqrt(8 / (3 * Math.PI))) - 2 * ln(1 + (t * t) / 3) - logScale[j]
    },
  }
}

/** With Σ π = 1. */
function normalised(components: readonly Component[]): Component[] {
  const most = Math.max(...components.map(({ logWeight }) => logWeight))
  const total = components.reduce((sum, { logWeight }) => sum + exp(logWeight - most), 0)
  return components.map((one) => ({ ...one, logWeight: one.logWeight - most - ln(total) }))
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
        for (const [k, component] of components.entries()) own[k] = component.score(z, at, j)
        scores[at + j] = components.length === 1 ? own[0] : mixed(own, logWeights)
        for (const [k, component] of components.entries()) logWeights[k] += component.logDensity(z, at, j, own[k])
      }
    }
    return scores
  }
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
