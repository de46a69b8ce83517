import { type Heap, NONE } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as whitenings from '../operations/whiten.js'

/** Where Aᵢ₀ stands among the rows of a triangle. */
const rowStart = (i: number) => (i * (i + 1)) / 2

export function portableWhiten({ real }: Heap): Portable<typeof whitenings> {
  return {
    whiten({ dim, rows, each, z, mean, factor, logDet, y, total }) {
      for (let t = 0; t < rows; t++) {
        const own = each === 1 ? 0 : t
        const centred = (j: number) => real[z + j * rows + t] - real[mean + j * each + own]
        let logs = real[logDet + t]
        for (let i = 0; i < dim; i++) {
          const row = factor + rowStart(i) * each + own
          const log = real[row + i * each]
          let sum = Math.exp(log) * centred(i)
          for (let j = 0; j < i; j++) sum += real[row + j * each] * centred(j)
          real[y + i * rows + t] = sum
          logs += log
        }
        real[total + t] = logs
      }
    },
    whitenBackward({ dim, rows, each, z, mean, factor, dy, dTotal, dz, dMean, dFactor }) {
      for (let t = 0; t < rows; t++) {
        const own = each === 1 ? 0 : t
        const weight = real[dTotal + t]
        const centred = (j: number) => real[z + j * rows + t] - real[mean + j * each + own]
        const a = (i: number, j: number) => real[factor + (rowStart(i) + j) * each + own]
        for (let j = 0; j < dim; j++) {
          const diagonal = Math.exp(a(j, j))
          let sum = diagonal * real[dy + j * rows + t]
          for (let i = j + 1; i < dim; i++) sum += a(i, j) * real[dy + i * rows + t]
          real[dz + j * rows + t] = weight === 0 ? 0 : sum
          if (dMean !== NONE) real[dMean + j * rows + t] = weight === 0 ? 0 : -sum
          if (dFactor === NONE) continue
          for (let i = j; i < dim; i++) {
            const d = real[dy + i * rows + t] * centred(j)
            const toFactor = i > j ? d : d * diagonal + weight
            real[dFactor + (rowStart(i) + j) * rows + t] = weight === 0 ? 0 : toFactor
          }
        }
      }
    },
    whitenInverse({ dim, rows, each, y, mean, factor, z }) {
      for (let t = 0; t < rows; t++) {
        const own = each === 1 ? 0 : t
        const centred: number[] = []
        for (let i = 0; i < dim; i++) {
          const row = factor + rowStart(i) * each + own
          let rest = real[y + i * rows + t]
          for (let j = 0; j < i; j++) rest -= real[row + j * each] * centred[j]
          centred.push(rest * Math.exp(-real[row + i * each]))
          real[z + i * rows + t] = real[mean + i * each + own] + centred[i]
        }
      }
    },
  }
}
