import { NONE, type Offset } from '../heap.js'
import type { Kernels } from '../kernels.js'

type Parts = Pick<
  Kernels,
  | 'add'
  | 'affineCouple'
  | 'affineCoupleBackward'
  | 'affineCoupleInverse'
  | 'copy'
  | 'dense'
  | 'denseWeightGradient'
  | 'leakyReLU'
  | 'leakyReLUBackward'
  | 'tanh'
  | 'heap'
>

/** The fused coupling as what it is defined to be: the separate kernels one after another, sums in double precision. */
export function portableNarrowCoupling(
  parts: Parts,
): Pick<
  Kernels,
  | 'narrowCoupling'
  | 'narrowCouplingInverse'
  | 'narrowCouplingBackward'
  | 'leakyNarrowCoupling'
  | 'leakyNarrowCouplingBackward'
> {
  const { real } = parts.heap
  /** h = tanh(W₁ kept + b₁), (a, t) = W₂ h + b₂ */
  function condition(
    hidden: number,
    rows: number,
    params: Offset,
    kept: Offset,
    h: Offset,
    a: Offset,
    t: Offset,
  ): void {
    const output = params + 2 * hidden
    parts.dense(hidden, 1, rows, kept, params, 1, params + hidden, h)
    parts.tanh(hidden * rows, h, h)
    parts.dense(1, hidden, rows, h, output, hidden, output + 2 * hidden, a)
    parts.dense(1, hidden, rows, h, output + hidden, hidden, output + 2 * hidden + 1, t)
  }
  const narrow: Pick<Kernels, 'narrowCoupling' | 'narrowCouplingInverse' | 'narrowCouplingBackward'> = {
    narrowCoupling(hidden, rows, params, kept, x, zKept, z, logDet, h, a, u, e) {
      parts.copy(rows, kept, zKept)
      // e holds t until the couple has read it: row i of t is read before row i of e is written.
      condition(hidden, rows, params, kept, h, a, e)
      parts.affineCouple(rows, params + 4 * hidden + 2, a, e, x, z, logDet, u, e)
    },
    narrowCouplingInverse(hidden, rows, params, kept, z, xKept, x, logDet, h, a, t, u, e) {
      parts.copy(rows, kept, xKept)
      condition(hidden, rows, params, kept, h, a, t)
      parts.affineCoupleInverse(rows, params + 4 * hidden + 2, a, t, z, x, logDet, u, e)
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
      scratch,
    ) {
      const [da, dt] = [scratch, scratch + rows]
      const [bias, output] = [hidden, 2 * hidden]
      const f = 4 * hidden + 2
      parts.affineCoupleBackward(rows, params + f, a, u, e, z, dz, dLogDet, dx, da, dt, dParams + f)
      for (const [o, dOut] of [da, dt].entries()) {
        const [dWeight, dBias] = [dParams + output + o * hidden, dParams + 4 * hidden + o]
        parts.denseWeightGradient(1, hidden, rows, h, dOut, dWeight, hidden, dBias, NONE)
      }
      /** The gradient of hidden unit's input, in double precision. */
      const inner = (unit: number, t: number): number => {
        const y = real[h + unit * rows + t]
        const [toA, toT] = [real[params + output + unit], real[params + output + hidden + unit]]
        return (toA * real[da + t] + toT * real[dt + t]) * (1 - y * y)
      }
      for (let unit = 0; unit < hidden; unit++) {
        let [weight, offset] = [0, 0]
        for (let t = 0; t < rows; t++) {
          weight += inner(unit, t) * real[kept + t]
          offset += inner(unit, t)
        }
        real[dParams + unit] += weight
        real[dParams + bias + unit] += offset
      }
      for (let t = 0; t < rows; t++) {
        let sum = real[dzKept + t]
        for (let unit = 0; unit < hidden; unit++) sum += real[params + unit] * inner(unit, t)
        real[dxKept + t] = sum
      }
    },
  }
  return {
    ...narrow,
    leakyNarrowCoupling(hidden, rows, raw, params, kept, x, bentKept, bent, zKept, z, logDet, h, a, u, e) {
      parts.leakyReLU(1, rows, raw, kept, bentKept, logDet)
      parts.leakyReLU(1, rows, raw, x, bent, logDet)
      narrow.narrowCoupling(hidden, rows, params, bentKept, bent, zKept, z, logDet, h, a, u, e)
    },
    leakyNarrowCouplingBackward(hidden, rows, raw, dRaw, params, dParams, kept, x, ...rest) {
      const [dLogDet, dxKept, dx] = rest.slice(-4)
      narrow.narrowCouplingBackward(hidden, rows, params, dParams, kept, ...rest)
      parts.leakyReLUBackward(1, rows, raw, kept, dxKept, dLogDet, dxKept, dRaw)
      parts.leakyReLUBackward(1, rows, raw, x, dx, dLogDet, dx, dRaw)
    },
  }
}
