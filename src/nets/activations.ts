import { relu, reluBackward, tanh, tanhBackward } from '../kernels/operations/elementwise.js'
import type { Pass, Span } from '../kernels/pass.js'
import { oneOf } from '../options.js'

export type Activation = 'tanh' | 'relu'

/** As an option of a net. */
export const activationOption = oneOf(['tanh', 'relu'])

/** Hidden units in place, h = σ(a), and back, da = dh·σ′(a) by h alone (tanh: 1 − h²; relu: 1 where h > 0). */
export const ACTIVATIONS = {
  tanh: {
    forward: (pass: Pass, h: Span) => tanh(pass, { x: h, y: h }),
    backward: (pass: Pass, h: Span, dh: Span) => tanhBackward(pass, { y: h, dy: dh, dx: dh }),
  },
  relu: {
    forward(pass: Pass, h: Span) {
      relu(pass, { x: h, y: h })
      pass.branch(h)
    },
    backward: (pass: Pass, h: Span, dh: Span) => reluBackward(pass, { y: h, dy: dh, dx: dh }),
  },
}

/** h ← σ(h) in place; the way back makes da of dh, in place too. */
export function activate(pass: Pass, activation: Activation, h: Span): (dh: Span) => void {
  const { forward, backward } = ACTIVATIONS[activation]
  forward(pass, h)
  return (dh) => backward(pass, h, dh)
}
