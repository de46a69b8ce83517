import type { Heap, Offset } from '../heap.js'
import type { Arguments, Portable } from '../operation.js'
import type * as operations from '../operations/quantile-spline.js'

type Spline = Pick<Arguments<typeof operations.quantileSpline>, 'knots' | 'xs' | 'zs' | 'logSlopes'>

/** A bin's ends on both sides, and the slopes there. */
interface Bin {
  readonly left: number
  readonly right: number
  readonly bottom: number
  readonly top: number
  readonly d0: number
  readonly d1: number
}

/** What a row comes to: x or z, f′, ln f′ and ∂ln f′/∂x. */
interface Place {
  readonly value: number
  readonly slope: number
  readonly log: number
  readonly bend: number
}

/**
 * f = A/D of a bin, A = ξ(sξ + d₀η), D = A + η(sη + d₁ξ), and by N = d₁ξ² + 2sξη + d₀η² its derivatives:
 * f′ = s²N/D² in x and z, ∂ln f′/∂x = (∂ln N/∂ξ − 2 ∂ln D/∂ξ)/w, ∂N/∂ξ = 2((d₁ − s)ξ + (s − d₀)η),
 * ∂D/∂ξ = (d₀ + d₁ − 2s)(η − ξ).
 */
function partsOf({ left, right, bottom, top, d0, d1 }: Bin, xi: number, eta: number) {
  const w = right - left
  const s = (top - bottom) / w
  const a = xi * (s * xi + d0 * eta)
  const d = a + eta * (s * eta + d1 * xi)
  const n = d1 * xi * xi + 2 * s * xi * eta + d0 * eta * eta
  const slope = (s * s * n) / (d * d)
  const bend = (2 * (((d1 - s) * xi + (s - d0) * eta) / n - ((d0 + d1 - 2 * s) * (eta - xi)) / d)) / w
  return { f: a / d, slope, log: Math.log(slope), bend }
}

/** ξ and η where f = c/(c + e), c + e = 1: s·e·ξ² + β·ξη − s·c·η² = 0, β = d₀e − d₁c, by the root that subtracts nothing. */
function solve({ left, right, bottom, top, d0, d1 }: Bin, c: number, e: number): readonly [number, number] {
  const s = (top - bottom) / (right - left)
  const beta = d0 * e - d1 * c
  const sum = Math.abs(beta) + Math.sqrt(beta * beta + 4 * s * s * c * e)
  const [a, b] = beta >= 0 ? [2 * s * c, sum] : [sum, 2 * s * e]
  return [a / (a + b), b / (a + b)]
}

export function portableQuantileSpline({ real }: Heap): Portable<typeof operations> {
  /** The last knot that is not above the value; NaN counts as below. */
  function find(knots: number, at: Offset, value: number): number {
    let k = -1
    while (k < knots - 1 && value >= real[at + k + 1]) k++
    return k
  }

  const isTail = ({ knots }: Spline, k: number) => k < 0 || k === knots - 1

  /** The outer knot that bin k's tail begins at. */
  function endOf({ knots, xs, zs, logSlopes }: Spline, k: number) {
    const end = k < 0 ? 0 : knots - 1
    return { x: real[xs + end], z: real[zs + end], log: real[logSlopes + end], slope: Math.exp(real[logSlopes + end]) }
  }

  function binOf({ xs, zs, logSlopes }: Spline, k: number): Bin {
    const [d0, d1] = [Math.exp(real[logSlopes + k]), Math.exp(real[logSlopes + k + 1])]
    return { left: real[xs + k], right: real[xs + k + 1], bottom: real[zs + k], top: real[zs + k + 1], d0, d1 }
  }

  function forward(spline: Spline, k: number, x: number): Place {
    if (isTail(spline, k)) {
      const { slope, log, ...end } = endOf(spline, k)
      return { value: end.z + slope * (x - end.x), slope, log, bend: 0 }
    }
    const bin = binOf(spline, k)
    const w = bin.right - bin.left
    const { f, ...rest } = partsOf(bin, (x - bin.left) / w, (bin.right - x) / w)
    return { value: Math.min(bin.bottom + (bin.top - bin.bottom) * f, bin.top), ...rest }
  }

  function inverse(spline: Spline, k: number, z: number): Place {
    if (isTail(spline, k)) {
      const { slope, log, ...end } = endOf(spline, k)
      return { value: end.x + (z - end.z) / slope, slope, log, bend: 0 }
    }
    const bin = binOf(spline, k)
    const h = bin.top - bin.bottom
    const [xi, eta] = solve(bin, (z - bin.bottom) / h, (bin.top - z) / h)
    const { f, ...rest } = partsOf(bin, xi, eta)
    return { value: Math.min(bin.left + (bin.right - bin.left) * xi, bin.right), ...rest }
  }

  return {
    quantileSpline({ rows, x, z, logDet, slope, bend, bin, ...spline }) {
      for (let t = 0; t < rows; t++) {
        const k = find(spline.knots, spline.xs, real[x + t])
        const place = forward(spline, k, real[x + t])
        real[z + t] = place.value
        real[logDet + t] += place.log
        real[slope + t] = place.slope
        real[bend + t] = place.bend
        real[bin + t] = k
      }
    },
    quantileSplineInverse({ rows, z, x, logDet, slope, bend, bin, ...spline }) {
      for (let t = 0; t < rows; t++) {
        const k = find(spline.knots, spline.zs, real[z + t])
        const place = inverse(spline, k, real[z + t])
        real[x + t] = place.value
        real[logDet + t] -= place.log
        real[slope + t] = place.slope
        real[bend + t] = place.bend
        real[bin + t] = k
      }
    },
  }
}
