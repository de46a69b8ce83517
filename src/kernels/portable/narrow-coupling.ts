import type { Kernels } from '../kernels.js'

type Parts = Pick<
  Kernels,
  'add' | 'affineCouple' | 'affineCoupleBackward' | 'copy' | 'dense' | 'denseWeightGradient' | 'tanh' | 'heap'
>

/** The fused coupling as what it is defined to be: the separate kernels one after another. */
export function portableNarrowCoupling(parts: Parts): Pick<Kernels, 'narrowCoupling' | 'narrowCouplingBackward'> {
  const { real } = parts.heap
  return {
    narrowCoupling(hidden, rows, params, kept, x, z, logDet, h, a, u, e) {
      const output = params + 2 * hidden
      parts.dense(hidden, 1, rows, kept, params, 1, 1, params + hidden, h)
      parts.tanh(hidden * rows, h, h)
      // e holds t until the couple has read it: row i of t is read before row i of e is written.
      parts.dense(1, hidden, rows, h, output, hidden, 1, output + 2 * hidden, a)
      parts.dense(1, hidden, rows, h, output + hidden, hidden, 1, output + 2 * hidden + 1, e)
      parts.affineCouple(rows, output + 2 * hidden + 2, a, e, x, z, logDet, u, e)
    },
    narrowCouplingBackward(
      hidden,
      rows,
      params,
      dParams,
      kept,
      z,
      h,
      a,
      u,
      e,
      dzKept,
      dz,
      dLogDet,
      dxKept,
      dx,
      da,
      dt,
    ) {
      const [bias, output] = [hidden, 2 * hidden]
      const f = 4 * hidden + 2
      parts.affineCoupleBackward(rows, params + f, a, u, e, z, dz, dLogDet, dx, da, dt, dParams + f)
      for (const [o, dOut] of [da, dt].entries()) {
        const [dWeight, dBias] = [dParams + output + o * hidden, dParams + 4 * hidden + o]
        parts.denseWeightGradient(1, hidden, rows, h, dOut, dWeight, hidden, dBias)
      }
      parts.copy(rows, dzKept, dxKept)
      for (let unit = 0; unit < hidden; unit++) {
        for (let t = 0; t < rows; t++) {
          const y = real[h + unit * rows + t]
          const through =
            real[params + output + unit] * real[da + t] + real[params + output + hidden + unit] * real[dt + t]
          const d = through * (1 - y * y)
          real[dParams + unit] += d * real[kept + t]
          real[dParams + bias + unit] += d
          real[dxKept + t] += real[params + unit] * d
        }
      }
    },
  }
}
