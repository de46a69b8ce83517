import { UsageError } from '../errors.js'

/** AdamW as a value: all that two threads need to take the same step. */
export interface Optimizer {
  readonly type: 'adamW'
  readonly learningRate: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** Decoupled: the parameters shrink by learningRate · weightDecay of themselves, whatever the gradient. */
  readonly weightDecay: number
}

export type AdamWOptions = Partial<Omit<Optimizer, 'type'>>

const DEFAULTS = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4 }

/**
 * AdamW: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − lr·(m̂/(√v̂ + ε) + wd·θ), with m̂ = m/(1 − β₁ᵗ),
 * v̂ = v/(1 − β₂ᵗ) and t counted from 1. Applied to all parameters. Source: Loshchilov & Hutter, arXiv:1711.05101.
 *
 * @throws UsageError where an option is unknown or outside its range.
 */
export function adamW(options: AdamWOptions = {}): Optimizer {
  const optimizer: Optimizer = { type: 'adamW', ...DEFAULTS, ...options }
  for (const [name, value] of Object.entries(optimizer)) {
    if (name === 'type') continue
    if (!(name in DEFAULTS)) {
      throw new UsageError(`adamW has no option "${name}"; it takes ${Object.keys(DEFAULTS).join(', ')}.`)
    }
    const beta = name.startsWith('beta')
    // With ε = 0 a parameter without a gradient would become 0/0.
    const range = beta ? 'in [0, 1)' : name === 'epsilon' ? '> 0' : '≥ 0'
    const inside = beta ? value < 1 : value < Number.POSITIVE_INFINITY && (name !== 'epsilon' || value > 0)
    if (typeof value !== 'number' || !(value >= 0) || !inside) {
      throw new UsageError(`adamW's ${name} is ${value}; expected a number ${range}.`)
    }
  }
  return optimizer
}

/** The running products βᵗ, by multiplication alone so that every engine gets the same bits. */
export interface AdamWState {
  beta1Power: number
  beta2Power: number
}

export function startAdamW(): AdamWState {
  return { beta1Power: 1, beta2Power: 1 }
}

/** Advances the products to step t and returns the bias corrections cᵢ = 1/(1 − βᵢᵗ). */
export function advanceAdamW(state: AdamWState, { beta1, beta2 }: Optimizer): { c1: number; c2: number } {
  state.beta1Power *= beta1
  state.beta2Power *= beta2
  return { c1: 1 / (1 - state.beta1Power), c2: 1 / (1 - state.beta2Power) }
}
