import type { Heap } from '../heap.js'
import type { Kernels } from '../kernels.js'
import { limitsOf } from './limits.js'

export function portableAdamW({ real, precision }: Heap): Pick<Kernels, 'adamw'> {
  const { smallest } = limitsOf(precision)
  const normal = (moment: number) => (Math.abs(moment) < smallest ? 0 : moment)
  return {
    adamw(n, theta, gradient, m, v, scale, learningRate, beta1, beta2, epsilon, weightDecay, c1, c2) {
      for (let i = 0; i < n; i++) {
        const g = real[gradient + i] * scale
        const m1 = normal(beta1 * real[m + i] + (1 - beta1) * g)
        const v1 = normal(beta2 * real[v + i] + (1 - beta2) * g * g)
        real[m + i] = m1
        real[v + i] = v1
        const direction = (m1 * c1) / (Math.sqrt(v1 * c2) + epsilon) + weightDecay * real[theta + i]
        real[theta + i] -= learningRate * direction
      }
    },
  }
}
