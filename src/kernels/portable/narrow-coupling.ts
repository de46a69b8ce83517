import { type Heap, NONE, type Offset } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as narrowCouplings from '../operations/narrow-coupling.js'
import type { Operations } from '../program.js'

type Parts = Pick<
  Portable<Operations>,
  | 'affineCouple'
  | 'affineCoupleBackward'
  | 'affineCoupleInverse'
  | 'copy'
  | 'dense'
  | 'denseWeightGradient'
  | 'leakyReLU'
  | 'leakyReLUBackward'
  | 'tanh'
>

/** The fused coupling as what it is defined to be: the separate kernels one after another, sums in double precision. */
export function portableNarrowCoupling({ real }: Heap, parts: Parts): Portable<typeof narrowCouplings> {
  /** h = tanh(W₁ kept + b₁), (a, t) = W₂ h + b₂ */
  function condition(args: Record<'hidden' | 'rows' | 'params' | 'kept' | 'h' | 'a' | 't', Offset>): void {
    const { hidden, rows, params, kept, h, a, t } = args
    const [weight, bias] = [params + 2 * hidden, params + 4 * hidden]
    parts.dense({ outDim: hidden, inDim: 1, rows, x: kept, weight: params, outStride: 1, bias: params + hidden, y: h })
    parts.tanh({ n: hidden * rows, x: h, y: h })
    const output = { outDim: 1, inDim: hidden, rows, x: h, outStride: hidden }
    parts.dense({ ...output, weight, bias, y: a })
    parts.dense({ ...output, weight: weight + hidden, bias: bias + 1, y: t })
  }
  const narrow: Pick<
    Portable<typeof narrowCouplings>,
    'narrowCoupling' | 'narrowCouplingInverse' | 'narrowCouplingBackward'
  > = {
    narrowCoupling({ hidden, rows, params, kept, x, zKept, z, logDet, h, a, u, e }) {
      parts.copy({ n: rows, x: kept, y: zKept })
      // e holds t until the couple has read it: row i of t is read before row i of e is written.
      condition({ hidden, rows, params, kept, h, a, t: e })
      parts.affineCouple({ rows, f: params + 4 * hidden + 2, a, t: e, x, z, logDet, u, e })
    },
    narrowCouplingInverse({ hidden, rows, params, kept, z, xKept, x, logDet, h, a, t, u, e }) {
      parts.copy({ n: rows, x: kept, y: xKept })
      condition({ hidden, rows, params, kept, h, a, t })
      parts.affineCoupleInverse({ rows, f: params + 4 * hidden + 2, a, t, z, x, logDet, u, e })
    },
    narrowCouplingBackward(args) {
      const { hidden, rows, params, dParams, kept, z, h, a, u, e, dzKept, dz, dLogDet, dxKept, dx, scratch } = args
      const [da, dt] = [scratch, scratch + rows]
      const [bias, output] = [hidden, 2 * hidden]
      const f = 4 * hidden + 2
      parts.affineCoupleBackward({ rows, f: params + f, a, u, e, z, dz, dLogDet, dx, da, dt, df: dParams + f })
      for (const [o, dOut] of [da, dt].entries()) {
        const [dWeight, dBias] = [dParams + output + o * hidden, dParams + 4 * hidden + o]
        const product = { outDim: 1, inDim: hidden, rows, x: h, dy: dOut, outStride: hidden }
        parts.denseWeightGradient({ ...product, dWeight, dBias, scratch: NONE })
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
    leakyNarrowCoupling(args) {
      const { rows, raw, kept, x, bentKept, bent, logDet } = args
      parts.leakyReLU({ dim: 1, rows, raw, x: kept, z: bentKept, logDet })
      parts.leakyReLU({ dim: 1, rows, raw, x, z: bent, logDet })
      narrow.narrowCoupling({ ...args, kept: bentKept, x: bent })
    },
    leakyNarrowCouplingBackward(args) {
      const { rows, raw, dRaw, kept, x, dLogDet, dxKept, dx } = args
      narrow.narrowCouplingBackward(args)
      parts.leakyReLUBackward({ dim: 1, rows, raw, z: kept, dz: dxKept, dLogDet, dx: dxKept, dRaw })
      parts.leakyReLUBackward({ dim: 1, rows, raw, z: x, dz: dx, dLogDet, dx, dRaw })
    },
  }
}
