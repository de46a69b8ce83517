import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { gelu, geluBackward, multiply, silu, siluBackward } from '../kernels/operations/activations.js'
import { dropout } from '../kernels/operations/dropout.js'
import { relu, reluBackward, tanh, tanhBackward } from '../kernels/operations/elementwise.js'
import type { Pass, Span } from '../kernels/pass.js'
import { echo, number, oneOf } from '../options.js'

/** What bends a net's hidden units; tanh, silu and gelu are smooth, relu is not at 0. */
export type Activation = 'tanh' | 'relu' | 'silu' | 'gelu'

/** All of them. */
export const ACTIVATIONS = ['tanh', 'relu', 'silu', 'gelu'] as const satisfies readonly Activation[]

/** As options of a net. */
export const activationOption = oneOf(ACTIVATIONS)
export const dropoutOption = number('a number from 0 to below 1', (rate) => rate >= 0 && Math.fround(rate) < 1)

/** @throws UsageError where it is none. */
export function checkActivation(what: string, activation: unknown): void {
  const { success, issues } = v.safeParse(activationOption, activation)
  if (!success) throw new UsageError(`${what}'s activation is ${echo(activation)}; expected ${issues[0].message}.`)
}

interface HiddenFunction {
  /** What the way back reads: where that is h alone, h may lie where a was. */
  readonly keeps: 'a' | 'h'
  /** h = σ(a), by itself in a's place or on the tape; returns where. */
  forward(pass: Pass, a: Span, h?: Span): Span
  /** da = dh ⊙ σ′(a); da may be dh. */
  backward(pass: Pass, call: { readonly a: Span; readonly h: Span; readonly dh: Span; readonly da: Span }): void
}

/**
 * Activations by name, h = σ(a):
 *   tanh  h = tanh a         σ′ = 1 − h²
 *   relu  h = max(a, 0)      σ′ = 1 where h > 0, else 0
 *   silu  h = a·s(a)         σ′ = s(a)·(1 + a·s(−a)), s(a) = 1/(1 + e^−a): Elfwing et al., arXiv:1702.03118
 *   gelu  h = a·Φ(a)         σ′ = Φ(a) + a·φ(a), Φ and φ of a standard normal: Hendrycks and Gimpel, arXiv:1606.08415
 */
export const activations: Readonly<Record<Activation, HiddenFunction>> = {
  tanh: {
    keeps: 'h',
    forward(pass, a, h = a) {
      tanh(pass, { x: a, y: h })
      return h
    },
    backward: (pass, { h, dh, da }) => tanhBackward(pass, { y: h, dy: dh, dx: da }),
  },
  relu: {
    keeps: 'h',
    forward(pass, a, h = a) {
      relu(pass, { x: a, y: h })
      pass.branch(h)
      return h
    },
    backward: (pass, { h, dh, da }) => reluBackward(pass, { y: h, dy: dh, dx: da }),
  },
  silu: {
    keeps: 'a',
    forward(pass, a, h = pass.tape(...a.shape)) {
      silu(pass, { x: a, y: h })
      return h
    },
    backward: (pass, { a, dh, da }) => siluBackward(pass, { x: a, dy: dh, dx: da }),
  },
  gelu: {
    keeps: 'a',
    forward(pass, a, h = pass.tape(...a.shape)) {
      gelu(pass, { x: a, y: h })
      return h
    },
    backward: (pass, { a, dh, da }) => geluBackward(pass, { x: a, dy: dh, dx: da }),
  },
}

/** Hidden units of a call, and what makes da of their gradient dh, in place. */
export interface HiddenUnits {
  readonly h: Span
  readonly back: (dh: Span) => void
}

/**
 * Hidden units h = m ⊙ σ(a). In training m is 0 with probability `rate`, else 1/(1 − rate), anew for every step, row and
 * unit; otherwise it is 1. da = dh ⊙ m ⊙ σ′(a). Source: Srivastava et al., Dropout, JMLR 15 (2014), §10 for the factor.
 * They lie in `to` if it is given; that may be a where `bendsInPlace`.
 */
export function hiddenUnits(pass: Pass, activation: Activation, rate: number, a: Span, to?: Span): HiddenUnits {
  const { keeps, forward, backward } = activations[activation]
  const twice = rate > 0 && keeps === 'h'
  const bent = forward(pass, a, twice ? a : to)
  if (rate === 0) return { h: bent, back: (dh) => backward(pass, { a, h: bent, dh, da: dh }) }
  const mask = pass.tape(...a.shape)
  const h = twice ? (to ?? pass.tape(...a.shape)) : bent
  dropout(pass, { layer: pass.site(), rate, x: bent, y: h, mask })
  return {
    h,
    back(dh) {
      multiply(pass, { a: dh, b: mask, y: dh })
      backward(pass, { a, h: bent, dh, da: dh })
    },
  }
}

/** Whether hidden units may lie where their a was. */
export const bendsInPlace = (activation: Activation, rate: number): boolean =>
  rate === 0 && activations[activation].keeps === 'h'
