import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as activations from '../operations/activations.js'
import { gauss, normalDistribution, sigma } from './functions.js'

const GAUSS_SCALE = 1 / Math.sqrt(2 * Math.PI)

export function portableActivations({ real }: Heap): Portable<typeof activations> {
  return {
    silu({ n, x, y }) {
      for (let i = 0; i < n; i++) real[y + i] = real[x + i] * sigma(real[x + i])
    },
    siluBackward({ n, x, dy, dx }) {
      for (let i = 0; i < n; i++) {
        const value = real[x + i]
        real[dx + i] = real[dy + i] * sigma(value) * (1 + value * sigma(-value))
      }
    },
    gelu({ n, x, y }) {
      for (let i = 0; i < n; i++) real[y + i] = real[x + i] * normalDistribution(real[x + i])
    },
    geluBackward({ n, x, dy, dx }) {
      for (let i = 0; i < n; i++) {
        const value = real[x + i]
        real[dx + i] = real[dy + i] * (normalDistribution(value) + value * GAUSS_SCALE * gauss(value))
      }
    },
    multiply({ n, a, b, y }) {
      for (let i = 0; i < n; i++) real[y + i] = real[a + i] * real[b + i]
    },
    subtract({ n, x, y }) {
      for (let i = 0; i < n; i++) real[y + i] -= real[x + i]
    },
  }
}
