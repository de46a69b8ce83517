import { bounded, type Case, type Outcome } from '../case.js'
import { LENGTHS, normals } from '../inputs.js'

const STEPS = 5
const [RATE, BETA1, BETA2, EPSILON, DECAY] = [0.05, 0.9, 0.999, 1e-8, 0.01]

const M_ERROR = 5 + 3 * (STEPS - 1)
/** g twice. */
const V_ERROR = 8 + 3 * (STEPS - 1)
/** Of m and half of v, and about ten roundings of the direction; what θ rounds once a step is less. */
const THETA_ERROR = M_ERROR + V_ERROR / 2 + 10

/** The gradient's scale differs from step to step, in sign too. */
const scaleOf = (step: number) => 0.3 * (step % 2 === 0 ? step + 1 : -step)

interface Magnitudes {
  readonly m: number
  readonly v: number
  /** Σ over the steps of |θ| and of lr·(M c₁/(√(v c₂) + ε) + weightDecay·|θ|). */
  readonly theta: number
}

/** AdamW over absolute values: what each rounding error is relative to. */
function magnitudes(i: number, { before }: Outcome): Magnitudes {
  let [m, v] = [Math.abs(before.m[i]), before.v[i]]
  let theta = Math.abs(before.theta[i])
  for (let step = 0; step < STEPS; step++) {
    const g = Math.abs(before.gradient[i] * scaleOf(step))
    m = BETA1 * m + (1 - BETA1) * g
    v = BETA2 * v + (1 - BETA2) * g * g
    const { c1, c2 } = corrections(step)
    theta += RATE * ((m * c1) / (Math.sqrt(v * c2) + EPSILON) + DECAY * theta)
  }
  return { m, v, theta }
}

function corrections(step: number) {
  return { c1: 1 / (1 - BETA1 ** (step + 1)), c2: 1 / (1 - BETA2 ** (step + 1)) }
}

export const optimiserCases: readonly Case[] = [
  {
    kernel: 'adamw',
    variant: `${STEPS} steps`,
    sizes: LENGTHS.map((n) => [n]),
    // Every seventh element has never had a gradient (ε keeps 0/0 away), every next has a moment of ε's size.
    arrays: (n) => ({
      theta: normals(n, 71),
      gradient: normals(n, 72).map((value, i) => (i % 7 < 2 ? 0 : value)),
      m: normals(n, 73, 0.1).map((value, i) => [0, 1e-8 * value][i % 7] ?? value),
      v: normals(n, 74, 0.1).map((value, i) => [0, 1e-16][i % 7] ?? value * value),
    }),
    run(k, { theta, gradient, m, v }, n) {
      for (let step = 0; step < STEPS; step++) {
        const { c1, c2 } = corrections(step)
        k.adamw(n, theta, gradient, m, v, scaleOf(step), RATE, BETA1, BETA2, EPSILON, DECAY, c1, c2)
      }
    },
    outputs: () => ({
      // The newest g of a step is off by 2ε, its product with 1 − β by 2 more, the sum by 1; each later step adds 3.
      m: bounded(`${M_ERROR}·ε·M`, M_ERROR, (i, it) => magnitudes(i, it).m),
      v: bounded(`${V_ERROR}·ε·v`, V_ERROR, (i, it) => magnitudes(i, it).v),
      theta: bounded(`${THETA_ERROR}·ε·(|θ| + Σ|Δθ|)`, THETA_ERROR, (i, it) => magnitudes(i, it).theta),
    }),
  },
]
