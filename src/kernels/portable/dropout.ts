import { philox } from '../../random/philox.js'
import { PURPOSE } from '../../random/purposes.js'
import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as operations from '../operations/dropout.js'

const TWO_POW_32 = 4294967296
/** Units that one Philox block of a row gives a word each. */
const UNITS_PER_DRAW = 4

export function portableDropout({ real, i32 }: Heap): Portable<typeof operations> {
  const words = new Uint32Array(4)
  return {
    dropout({ units, rows, key, layer, rate, x, y, mask }) {
      const [seedLow, seedHigh, step, firstLow, firstHigh, active] = i32.subarray(key, key + 6)
      // The SIMD kernel is given a float32, and draws the same masks.
      const probability = Math.fround(rate)
      const purpose = PURPOSE.dropout + layer * 256
      for (let t = 0; t < rows; t++) {
        const row = (firstLow >>> 0) + t
        const high = firstHigh + (row >= TWO_POW_32 ? 1 : 0)
        for (let u = 0; u < units; u++) {
          if (u % UNITS_PER_DRAW === 0) {
            philox(seedLow, seedHigh, row, step, purpose, u / UNITS_PER_DRAW + (high << 16), words)
          }
          const kept = words[u % UNITS_PER_DRAW] >= probability * TWO_POW_32
          const at = u * rows + t
          const factor = active ? (kept ? 1 / (1 - probability) : 0) : 1
          real[mask + at] = factor
          real[y + at] = real[x + at] * factor
        }
      }
    },
  }
}
