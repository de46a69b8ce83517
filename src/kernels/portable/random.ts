import { philox } from '../../random/philox.js'
import type { Heap } from '../heap.js'
import type { Kernels } from '../kernels.js'
import { limitsOf } from './limits.js'

const TWO_POW_32 = 4294967296
const TWO_POW_MINUS_24 = 1 / 16777216
/** Normals a Philox block gives, two Box–Muller pairs of its four words, or uniform numbers. */
const NUMBERS_PER_DRAW = 4

export function portableRandom({
  real,
  i32,
  precision,
}: Heap): Pick<Kernels, 'philox' | 'normal' | 'uniform' | 'sincos'> {
  const words = new Uint32Array(4)
  function block(t: number, key: [number, number], low: number, high: number, purpose: number, draw: number): void {
    const index = low + t
    const carry = index >= TWO_POW_32 ? 1 : 0
    philox(key[0], key[1], index >>> 0, (high + carry) >>> 0, purpose, draw, words)
  }
  return {
    philox(rows, keyLow, keyHigh, indexLow, indexHigh, purpose, draw, out) {
      for (let t = 0; t < rows; t++) {
        block(t, [keyLow, keyHigh], indexLow, indexHigh, purpose, draw)
        for (let w = 0; w < 4; w++) i32[out + 4 * t + w] = words[w]
      }
    },
    sincos(n, x, sine, cosine) {
      for (let i = 0; i < n; i++) {
        const angle = real[x + i]
        real[sine + i] = Math.sin(angle)
        real[cosine + i] = Math.cos(angle)
      }
    },
    normal(dim, rows, keyLow, keyHigh, indexLow, indexHigh, purpose, z) {
      for (let t = 0; t < rows; t++) {
        for (let first = 0; first < dim; first += NUMBERS_PER_DRAW) {
          block(t, [keyLow, keyHigh], indexLow, indexHigh, purpose, first / NUMBERS_PER_DRAW)
          for (let j = first; j < Math.min(first + NUMBERS_PER_DRAW, dim); j++) {
            const pair = (j - first) & 2
            const radius = Math.sqrt(-2 * Math.log((words[pair] + 0.5) / TWO_POW_32))
            const angle = 2 * Math.PI * ((words[pair + 1] >>> 8) * TWO_POW_MINUS_24)
            real[z + j * rows + t] = radius * (j % 2 === 0 ? Math.cos(angle) : Math.sin(angle))
          }
        }
      }
    },
    uniform(dim, rows, keyLow, keyHigh, indexLow, indexHigh, purpose, u) {
      // Of the words nearest to 2³² float32 would make 1.
      const { belowOne } = limitsOf(precision)
      for (let t = 0; t < rows; t++) {
        for (let j = 0; j < dim; j++) {
          const word = j % NUMBERS_PER_DRAW
          if (word === 0) block(t, [keyLow, keyHigh], indexLow, indexHigh, purpose, j / NUMBERS_PER_DRAW)
          real[u + j * rows + t] = Math.min((words[word] + 0.5) / TWO_POW_32, belowOne)
        }
      }
    },
  }
}
