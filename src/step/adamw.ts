import { UsageError } from '../errors.js'
import { echo, unknownOption } from '../options.js'

/** Adam or AdamW as a value: all that two threads need to take the same step. */
export interface Optimizer {
  readonly type: 'adamW' | 'adam'
  readonly learningRate: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** Decoupled: the parameters shrink by learningRate · weightDecay of themselves, whatever the gradient. Adam's is 0. */
  readonly weightDecay: number
}

/** What of AdamW is chosen; the rest has the defaults that `adamW` names. */
export type AdamWOptions = Partial<Omit<Optimizer, 'type'>>
/** What of Adam is chosen: as of AdamW, whose weight decay is 0. */
export type AdamOptions = Omit<AdamWOptions, 'weightDecay'>

const DEFAULTS = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4 }

/**
 * AdamW: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − lr·(m̂/(√v̂ + ε) + wd·θ), with m̂ = m/(1 − β₁ᵗ),
 * v̂ = v/(1 − β₂ᵗ) and t counted from 1. Applied to all parameters. Source: Loshchilov & Hutter, arXiv:1711.05101.
 *
 * @throws UsageError where an option is unknown or outside its range.
 */
export function adamW(options: AdamWOptions = {}): Optimizer {
  return checked('adamW', options, DEFAULTS)
}

/**
 * Adam: AdamW without weight decay. Source: Kingma & Ba, arXiv:1412.6980, algorithm 1.
 *
 * @throws UsageError where an option is unknown or outside its range.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const { weightDecay: _, ...defaults } = DEFAULTS
  return { ...checked('adam', options, defaults), weightDecay: 0 }
}

/** @throws UsageError where a value is no optimiser. */
export function optimizerOf(value: unknown): Optimizer {
  const { type, ...options } = { ...(value as Optimizer) }
  if (type === 'adamW') return adamW(options)
  if (type !== 'adam' || options.weightDecay !== 0) {
    throw new UsageError(`optimizer is ${echo(value)}; expected the value of adam({ … }) or adamW({ … }).`)
  }
  const { weightDecay: _, ...rest } = options
  return adam(rest)
}

function checked(type: Optimizer['type'], options: AdamWOptions, defaults: Partial<typeof DEFAULTS>): Optimizer {
  for (const [name, value] of Object.entries({ ...defaults, ...options })) {
    if (!(name in defaults)) throw unknownOption(type, name, Object.keys(defaults))
    const beta = name.startsWith('beta')
    // With ε = 0 a parameter without a gradient would become 0/0.
    const range = beta ? 'in [0, 1)' : name === 'epsilon' ? '> 0' : '≥ 0'
    const inside = beta ? value < 1 : value < Number.POSITIVE_INFINITY && (name !== 'epsilon' || value > 0)
    if (typeof value !== 'number' || !(value >= 0) || !inside) {
      throw new UsageError(`${type}'s ${name} is ${value}; expected a number ${range}.`)
    }
  }
  return { type, ...DEFAULTS, ...options }
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
