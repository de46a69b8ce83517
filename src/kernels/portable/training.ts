import type { Heap } from '../heap.js'
import type { Kernels } from '../kernels.js'
import { SQUARES_BLOCK } from '../kernels.js'

/** What a training step asks for beside passes and AdamW. */
export function portableTraining({ real, f64 }: Heap): Pick<Kernels, 'dot' | 'squares' | 'addScaled' | 'approach'> {
  const product = (n: number, x: number, y: number) => {
    let sum = 0
    for (let i = 0; i < n; i++) sum += real[x + i] * real[y + i]
    return sum
  }
  return {
    dot(n, x, y, total) {
      f64[total] += product(n, x, y)
    },
    squares(n, x, sums) {
      for (let i = 0, block = 0; i < n; i += SQUARES_BLOCK, block++) {
        f64[sums + block] = product(Math.min(SQUARES_BLOCK, n - i), x + i, x + i)
      }
    },
    addScaled(n, factor, x, y) {
      for (let i = 0; i < n; i++) real[y + i] += factor * real[x + i]
    },
    approach(n, rate, x, y) {
      for (let i = 0; i < n; i++) real[y + i] += rate * (real[x + i] - real[y + i])
    },
  }
}
