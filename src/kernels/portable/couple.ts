import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as couple from '../operations/couple.js'

export function portableCouple({ real }: Heap): Portable<typeof couple> {
  return {
    affineCouple({ rows, f, a, t, x, z, logDet, u, e }) {
      const bound = Math.exp(real[f])
      for (let i = 0; i < rows; i++) {
        const tanh = Math.tanh(real[a + i] / bound)
        const s = tanh * bound
        const scale = Math.exp(s)
        real[z + i] = (real[x + i] + real[t + i]) * scale
        real[logDet + i] += s
        real[u + i] = tanh
        real[e + i] = scale
      }
    },
    affineCoupleInverse({ rows, f, a, t, z, x, logDet, u, e }) {
      const bound = Math.exp(real[f])
      for (let i = 0; i < rows; i++) {
        const tanh = Math.tanh(real[a + i] / bound)
        const s = tanh * bound
        const scale = Math.exp(-s)
        real[x + i] = real[z + i] * scale - real[t + i]
        real[logDet + i] -= s
        real[u + i] = tanh
        real[e + i] = scale
      }
    },
    affineCoupleBackward({ rows, f, a, u, e, z, dz, dLogDet, dx, da, dt, df }) {
      const bound = Math.exp(real[f])
      let sum = 0
      for (let i = 0; i < rows; i++) {
        const dScaled = real[dz + i] * real[e + i]
        const ds = real[dz + i] * real[z + i] + real[dLogDet + i]
        const slope = 1 - real[u + i] * real[u + i]
        sum += ds * (real[u + i] * bound - real[a + i] * slope)
        real[dx + i] = dScaled
        real[dt + i] = dScaled
        real[da + i] = ds * slope
      }
      real[df] += sum
    },
    affineCoupleInverseBackward({ rows, f, a, t, u, e, x, dx, dLogDet, dz, da, dt, df }) {
      const bound = Math.exp(real[f])
      let sum = 0
      for (let i = 0; i < rows; i++) {
        const dOut = real[dx + i]
        const ds = -dOut * (real[x + i] + real[t + i]) - real[dLogDet + i]
        const slope = 1 - real[u + i] * real[u + i]
        sum += ds * (real[u + i] * bound - real[a + i] * slope)
        real[dz + i] = dOut * real[e + i]
        real[dt + i] = -dOut
        real[da + i] = ds * slope
      }
      real[df] += sum
    },
  }
}
