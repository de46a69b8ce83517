// Runs recorded kernel calls, as ../recording.ts writes them: 256 times the number of words and the kernel's code, then the
// arguments, word by word.
import {
  affineCouple, affineCoupleBackward, affineCoupleInverse, affineCoupleInverseBackward,
} from './couple'
import { dense, denseInputGradient } from './dense'
import { exp, log, relu, reluBackward, tanh, tanhBackward } from './elementwise'
import { gaussian, gaussianBackward } from './gaussian'
import { bytes, NONE } from './lanes'
import { leakyReLU, leakyReLUBackward, leakyReLUInverse, leakyReLUInverseBackward } from './leaky-relu'
import { add, copy, fill } from './memory'
import { leakyNarrowCoupling, narrowCoupling, narrowCouplingInverse } from './narrow-coupling'
import { leakyNarrowCouplingBackward, narrowCouplingBackward } from './narrow-coupling-backward'
import { denseWeightGradient } from './weight-gradient'

/** Argument n of the call that begins at `at`. */
@inline
function n(at: usize, n: usize): i32 {
  return i32.load(at + (n << 2))
}

/** Likewise, in the gradient. */
@inline
function g(at: usize, n: usize, gradient: usize): usize {
  const offset: usize = i32.load(at + (n << 2))
  return offset == NONE ? NONE : gradient + offset
}

export function run(program: usize, end: usize, gradient: usize): void {
  const last = bytes(end)
  let p = bytes(program)
  while (p < last) {
    const head = n(p, 0)
    switch (head & 255) {
      case 0:
        fill(n(p, 1), <f32>f64.load(p, 8), n(p, 4))
        break
      case 1:
        copy(n(p, 1), n(p, 2), n(p, 3))
        break
      case 2:
        add(n(p, 1), n(p, 2), n(p, 3))
        break
      case 3:
        exp(n(p, 1), n(p, 2), n(p, 3))
        break
      case 4:
        log(n(p, 1), n(p, 2), n(p, 3))
        break
      case 5:
        tanh(n(p, 1), n(p, 2), n(p, 3))
        break
      case 6:
        tanhBackward(n(p, 1), n(p, 2), n(p, 3), n(p, 4))
        break
      case 7:
        relu(n(p, 1), n(p, 2), n(p, 3))
        break
      case 8:
        reluBackward(n(p, 1), n(p, 2), n(p, 3), n(p, 4))
        break
      case 9:
        dense(n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5), n(p, 6), n(p, 7), n(p, 8))
        break
      case 10:
        denseWeightGradient(
          n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5), g(p, 6, gradient), n(p, 7), g(p, 8, gradient), n(p, 9))
        break
      case 11:
        denseInputGradient(n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5), n(p, 6), n(p, 7))
        break
      case 12:
        leakyReLU(n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5), n(p, 6))
        break
      case 13:
        leakyReLUInverse(n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5), n(p, 6))
        break
      case 14:
        leakyReLUBackward(n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5), n(p, 6), n(p, 7), g(p, 8, gradient))
        break
      case 15:
        leakyReLUInverseBackward(n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5), n(p, 6), n(p, 7), g(p, 8, gradient))
        break
      case 16:
        affineCouple(n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5), n(p, 6), n(p, 7), n(p, 8), n(p, 9))
        break
      case 17:
        affineCoupleInverse(n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5), n(p, 6), n(p, 7), n(p, 8), n(p, 9))
        break
      case 18:
        affineCoupleBackward(
          n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5), n(p, 6), n(p, 7), n(p, 8), n(p, 9), n(p, 10), n(p, 11),
          g(p, 12, gradient))
        break
      case 19:
        affineCoupleInverseBackward(
          n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5), n(p, 6), n(p, 7), n(p, 8), n(p, 9), n(p, 10), n(p, 11),
          n(p, 12), g(p, 13, gradient))
        break
      case 20:
        narrowCoupling(
          n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5), n(p, 6), n(p, 7), n(p, 8), n(p, 9), n(p, 10), n(p, 11),
          n(p, 12))
        break
      case 21:
        narrowCouplingInverse(
          n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5), n(p, 6), n(p, 7), n(p, 8), n(p, 9), n(p, 10), n(p, 11),
          n(p, 12), n(p, 13))
        break
      case 22:
        narrowCouplingBackward(
          n(p, 1), n(p, 2), n(p, 3), g(p, 4, gradient), n(p, 5), n(p, 6), n(p, 7), n(p, 8), n(p, 9), n(p, 10),
          n(p, 11), n(p, 12), n(p, 13), n(p, 14), n(p, 15), n(p, 16))
        break
      case 23:
        leakyNarrowCoupling(
          n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5), n(p, 6), n(p, 7), n(p, 8), n(p, 9), n(p, 10), n(p, 11),
          n(p, 12), n(p, 13), n(p, 14), n(p, 15))
        break
      case 24:
        leakyNarrowCouplingBackward(
          n(p, 1), n(p, 2), n(p, 3), g(p, 4, gradient), n(p, 5), g(p, 6, gradient), n(p, 7), n(p, 8), n(p, 9),
          n(p, 10), n(p, 11), n(p, 12), n(p, 13), n(p, 14), n(p, 15), n(p, 16), n(p, 17), n(p, 18), n(p, 19))
        break
      case 25:
        gaussian(n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5))
        break
      case 26:
        gaussianBackward(n(p, 1), n(p, 2), n(p, 3), n(p, 4), n(p, 5))
        break
      default:
        unreachable()
    }
    p += bytes(head >>> 8)
  }
}
