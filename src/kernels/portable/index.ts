import type { Heap } from '../heap.js'
import type { Kernels } from '../kernels.js'
import { replay } from '../recording.js'
import { portableCouple } from './couple.js'
import { portableDense } from './dense.js'
import { portableElementwise } from './elementwise.js'
import { portableLeakyReLU } from './leaky-relu.js'
import { portableMemory } from './memory.js'
import { portableNarrowCoupling } from './narrow-coupling.js'
import { portableRandom } from './random.js'
import { portableStandardise } from './standardise.js'

const LN_2PI = 1.8378770664093453

/** The reference kernels: plain loops in double precision over a float32 or float64 heap. */
export function createPortable(heap: Heap): Kernels {
  const { real } = heap
  const parts = {
    heap,
    ...portableMemory(heap),
    ...portableStandardise(heap),
    ...portableElementwise(heap),
    ...portableDense(heap),
    ...portableCouple(heap),
    ...portableLeakyReLU(heap),
  }
  const kernels: Omit<Kernels, 'run'> = {
    name: 'portable',
    ...parts,
    ...portableNarrowCoupling(parts),
    ...portableRandom(heap),
    gaussian(dim, rows, z, logDet, logProb) {
      for (let t = 0; t < rows; t++) {
        let squares = 0
        for (let j = 0; j < dim; j++) squares += real[z + j * rows + t] * real[z + j * rows + t]
        real[logProb + t] = real[logDet + t] - 0.5 * squares - 0.5 * dim * LN_2PI
      }
    },
    gaussianBackward(dim, rows, z, dLogProb, dz) {
      for (let t = 0; t < rows; t++) {
        const weight = real[dLogProb + t]
        for (let j = 0; j < dim; j++) real[dz + j * rows + t] = weight === 0 ? 0 : -real[z + j * rows + t] * weight
      }
    },
    adamw(n, theta, gradient, m, v, scale, learningRate, beta1, beta2, epsilon, weightDecay, c1, c2) {
      for (let i = 0; i < n; i++) {
        const g = real[gradient + i] * scale
        const m1 = beta1 * real[m + i] + (1 - beta1) * g
        const v1 = beta2 * real[v + i] + (1 - beta2) * g * g
        real[m + i] = m1
        real[v + i] = v1
        const direction = (m1 * c1) / (Math.sqrt(v1 * c2) + epsilon) + weightDecay * real[theta + i]
        real[theta + i] -= learningRate * direction
      }
    },
  }
  return { ...kernels, run: (program, end, gradient) => replay(kernels, program, end, gradient) }
}
