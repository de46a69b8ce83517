import type { Heap } from '../heap.js'
import type { Arguments, Portable } from '../operation.js'
import type * as operations from '../operations/yeo-johnson.js'
import { sigma } from './functions.js'

// P(y) = e^y − 1 and its inverse Λ, from y = 40 on continued by their tangents; the formulas stand in
// ../assembly/yeo-johnson.ts.

const BEND = 40
const POWER_BEND = Math.expm1(BEND)
const SLOPE_BEND = Math.exp(BEND)

const P = (y: number) => Math.expm1(Math.min(y, BEND)) + SLOPE_BEND * Math.max(y - BEND, 0)
const logOf = (v: number) => Math.log1p(Math.min(v, POWER_BEND)) + Math.max(v - POWER_BEND, 0) / SLOPE_BEND

/** Below this P(y)/y and Λ(v)/v are 1. */
const TINY = 1e-20

/** Terms of the series below, which falls faster than 1/(n + 1)!. */
const TERMS = 20

/** k(y) = (y·P′(y) − P(y))/y² = Σ yⁿ(n + 1)/(n + 2)!, by the series below 1, where the difference would cancel. */
function derivative(y: number): number {
  if (y >= 1) {
    const near = Math.min(y, BEND)
    return (Math.expm1(near) * (near - 1) + near) / y / y
  }
  let sum = 0
  let term = 0.5
  for (let n = 0; n < TERMS; n++) {
    sum += term * (n + 1)
    term *= y / (n + 3)
  }
  return sum
}

export function portableYeoJohnson({ real }: Heap): Portable<typeof operations> {
  type Slopes = Omit<Arguments<typeof operations.yeoJohnson>, 'x' | 'z' | 'logDet' | 'rows' | 'raw'>

  /** At x of sign s, L = Λ(|x|) and y = μL; returns ln f′ = min(y, 40) − min(L, 40). */
  function derivatives(t: number, raw: number, s: number, size: number, L: number, y: number, to: Slopes): number {
    const mu = 2 * sigma(s * raw)
    const curved = y < BEND
    const straight = L < BEND
    const log = curved && straight ? s * Math.tanh(raw / 2) * L : Math.min(y, BEND) - Math.min(L, BEND)
    const factor = curved && straight ? Math.tanh(raw / 2) : s * ((curved ? mu : 0) - (straight ? 1 : 0))
    // dλ/draw
    const turn = 2 * sigma(raw) * sigma(-raw)
    real[to.slope + t] = Math.exp(log)
    real[to.bend + t] = factor / (1 + Math.min(size, POWER_BEND))
    real[to.fRaw + t] = turn * L * L * derivative(y)
    real[to.gRaw + t] = curved ? s * turn * L : 0
    return log
  }

  return {
    yeoJohnson({ rows, raw, x, z, logDet, ...slopes }) {
      for (let t = 0; t < rows; t++) {
        const value = real[x + t]
        const s = value < 0 ? -1 : 1
        const L = logOf(Math.abs(value))
        const y = 2 * sigma(s * real[raw + t]) * L
        real[z + t] = s * L * (y < TINY ? 1 : P(y) / y)
        real[logDet + t] += derivatives(t, real[raw + t], s, Math.abs(value), L, y, slopes)
      }
    },
    yeoJohnsonInverse({ rows, raw, z, x, logDet, ...slopes }) {
      for (let t = 0; t < rows; t++) {
        const value = real[z + t]
        const s = value < 0 ? -1 : 1
        const v = 2 * sigma(s * real[raw + t]) * Math.abs(value)
        const y = logOf(v)
        const L = Math.abs(value) * (v < TINY ? 1 : y / v)
        real[x + t] = s * P(L)
        real[logDet + t] -= derivatives(t, real[raw + t], s, P(L), L, y, slopes)
      }
    },
  }
}
