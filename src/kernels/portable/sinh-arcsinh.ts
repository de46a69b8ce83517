import type { Heap } from '../heap.js'
import type { Arguments, Portable } from '../operation.js'
import type * as operations from '../operations/sinh-arcsinh.js'

// S is sinh, and A its inverse, from ±20 on continued by the tangents there; the formulas stand in
// ../assembly/sinh-arcsinh.ts.

const BEND = 20
const SINH_BEND = Math.sinh(BEND)
const COSH_BEND = Math.cosh(BEND)

const within = (u: number) => Math.min(Math.abs(u), BEND)

function S(u: number): number {
  return Math.sign(u) * (Math.sinh(within(u)) + COSH_BEND * Math.max(Math.abs(u) - BEND, 0))
}

function A(z: number): number {
  const size = Math.abs(z)
  const beyond = Math.max(size - SINH_BEND, 0) / COSH_BEND
  return Math.sign(z) * (Math.asinh(Math.min(size, SINH_BEND)) + beyond)
}

/** C = S′ */
const C = (u: number) => Math.cosh(within(u))
/** (ln C)′ */
const T = (u: number) => (Math.abs(u) < BEND ? Math.tanh(u) : 0)
/** ln 2C(u) − |u| */
const excess = (u: number) => Math.log1p(Math.exp(-2 * within(u)))

export function portableSinhArcsinh({ real }: Heap): Portable<typeof operations> {
  type Slopes = Omit<Arguments<typeof operations.sinhArcsinh>, 'x' | 'z' | 'logDet' | 'rows' | 'skew' | 'raw'>

  /** With a = A(x), w = δa + ε; returns ln f′ = raw + ln C(w) − ln C(a). */
  function derivatives(t: number, raw: number, a: number, w: number, to: Slopes): number {
    const delta = Math.exp(raw)
    real[to.slope + t] = (delta * C(w)) / C(a)
    real[to.bend + t] = (T(w) * delta - T(a)) / C(a)
    real[to.fSkew + t] = C(w)
    real[to.gSkew + t] = T(w)
    real[to.fRaw + t] = C(w) * delta * a
    real[to.gRaw + t] = 1 + T(w) * delta * a
    return raw + (within(w) - within(a)) + (excess(w) - excess(a))
  }

  return {
    sinhArcsinh({ rows, skew, raw, x, z, logDet, ...slopes }) {
      for (let t = 0; t < rows; t++) {
        const a = A(real[x + t])
        const w = Math.exp(real[raw + t]) * a + real[skew + t]
        real[z + t] = S(w)
        real[logDet + t] += derivatives(t, real[raw + t], a, w, slopes)
      }
    },
    sinhArcsinhInverse({ rows, skew, raw, z, x, logDet, ...slopes }) {
      for (let t = 0; t < rows; t++) {
        const w = A(real[z + t])
        const a = (w - real[skew + t]) / Math.exp(real[raw + t])
        real[x + t] = S(a)
        real[logDet + t] -= derivatives(t, real[raw + t], a, w, slopes)
      }
    },
  }
}
