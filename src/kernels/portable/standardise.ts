import type { Heap } from '../heap.js'
import type { Kernels } from '../kernels.js'

type Standardise = Pick<Kernels, 'standardise' | 'standardiseDoubles' | 'destandardise' | 'shift'>

/** Between rows in the data's units and standardised ones. */
export function portableStandardise({ real, f64 }: Heap): Standardise {
  const from =
    (source: Heap['real']): Kernels['standardise'] =>
    (n, period, x, mean, inverseSd, z) => {
      let largest = 0
      for (let i = 0; i < n; i++) {
        real[z + i] = (source[x + i] - f64[mean + (i % period)]) * f64[inverseSd + (i % period)]
        largest = Math.max(largest, Math.abs(real[z + i]))
      }
      return largest
    }
  return {
    standardise: from(real),
    standardiseDoubles: from(f64),
    destandardise(n, period, z, mean, sd, x) {
      for (let i = 0; i < n; i++) f64[x + i] = real[z + i] * f64[sd + (i % period)] + f64[mean + (i % period)]
    },
    shift(n, value, x) {
      for (let i = 0; i < n; i++) real[x + i] += value
    },
  }
}
