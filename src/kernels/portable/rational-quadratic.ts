import type { Heap, Offset } from '../heap.js'
import type { Arguments, Portable } from '../operation.js'
import type * as operations from '../operations/rational-quadratic.js'

type Forward = Arguments<typeof operations.rationalQuadratic>
type Inverse = Arguments<typeof operations.rationalQuadraticInverse>
type Backward = Arguments<typeof operations.rationalQuadraticBackward>
type InverseBackward = Arguments<typeof operations.rationalQuadraticInverseBackward>
type Spline = Pick<Forward, Extract<keyof Forward, keyof Backward>>
type Gradients = Pick<Backward, Extract<keyof Backward, `dWidths${string}` | `dHeights${string}` | `dSlopes${string}`>>

/** A bin along one side: its ends, and its width by itself, which sums of other widths have not rounded. */
interface Extent {
  readonly from: number
  readonly to: number
  readonly size: number
}

/** The bin of a row, the slopes at its ends, and which of the raw slopes these are, −1 where one is 1. */
interface Bin {
  readonly width: Extent
  readonly height: Extent
  readonly knot0: number
  readonly knot1: number
  readonly d0: number
  readonly d1: number
}

const softplus = (v: number) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)))
const sigmoid = (v: number) => (v >= 0 ? 1 / (1 + Math.exp(-v)) : Math.exp(v) / (1 + Math.exp(v)))
/** How far a value is from either end, as shares of their distance. */
const sharesOf = ({ from, to }: Extent, value: number): readonly [number, number] => [
  (value - from) / (to - from),
  (to - value) / (to - from),
]
const placed = ({ from, to }: Extent, share: number) => (share >= 1 ? to : Math.min(from + (to - from) * share, to))
const clamp = (x: number, box: number) => Math.min(Math.max(x, -box), box)

/**
 * f = A/D, A = ξ(sξ + d₀η), D = A + C, C = η(sη + d₁ξ), η = 1 − ξ: the paper's (sξ² + d₀ξη)/(s + (d₀ + d₁ − 2s)ξη), as
 * 1 = (ξ + η)², with no difference left. ∂f/∂ξ = s·N/D², N = d₁ξ² + 2sξη + d₀η².
 */
function parts({ width, height, d0, d1 }: Bin, xi: number, eta: number) {
  const s = height.size / width.size
  const a = xi * (s * xi + d0 * eta)
  const c = eta * (s * eta + d1 * xi)
  const n = d1 * xi * xi + 2 * s * xi * eta + d0 * eta * eta
  return { s, a, c, d: a + c, n, slope: (s * s * n) / ((a + c) * (a + c)) }
}

/** ξ and η where f = c/(c + e), c + e = 1: s·e·ξ² + β·ξη − s·c·η² = 0, β = d₀e − d₁c, by the root that subtracts nothing. */
function solve({ width, height, d0, d1 }: Bin, c: number, e: number): readonly [number, number] {
  const s = height.size / width.size
  const beta = d0 * e - d1 * c
  const sum = Math.abs(beta) + Math.sqrt(beta * beta + 4 * s * s * c * e)
  const [a, b] = beta >= 0 ? [2 * s * c, sum] : [sum, 2 * s * e]
  return [a / (a + b), b / (a + b)]
}

/**
 * By what stands in z = y_k + h·f and g = ln ∂z/∂x = 2 ln s + ln N − 2 ln D, for dz and dg = dLogDet, where
 * dx = dz·∂z/∂x + dg·∂g/∂x. With ξ = (x − x_k)/w and s = h/w:
 *
 *   ∂f/∂s = (ξ²·C − A·η²)/D² = ξη(d₁ξ² − d₀η²)/D²
 *   ∂f/∂d₀ = ξη·C/D²
 *   ∂f/∂d₁ = −ξη·A/D²
 *   ∂g/∂s = 2/s + 2ξη/N − 2(ξ² + η²)/D = 2ξη((d₀ + d₁)/(s·D) + 1/N)
 *   ∂g/∂d₀ = η²/N − 2ξη/D
 *   ∂g/∂d₁ = ξ²/N − 2ξη/D
 *
 *   ds = dz·h·∂f/∂s + dg·∂g/∂s, and dd₀, dd₁ likewise
 *   dx_k = −dx
 *   dw = −dx·ξ − ds·s/w
 *   dy_k = dz
 *   dh = dz·f + ds/w
 */
function binBackward(own: Bin, xi: number, eta: number, dz: number, dx: number, dg: number) {
  const { width, height, d0, d1 } = own
  const { s, a, c, d, n } = parts(own, xi, eta)
  const both = xi * eta
  const dF = (dz * height.size) / (d * d)
  const ds = dF * both * (d1 * xi * xi - d0 * eta * eta) + dg * 2 * both * ((d0 + d1) / (s * d) + 1 / n)
  return {
    dd0: dF * both * c + dg * ((eta * eta) / n - (2 * both) / d),
    dd1: -dF * both * a + dg * ((xi * xi) / n - (2 * both) / d),
    dw: -dx * xi - (ds * s) / width.size,
    dh: (dz * a) / d + ds / width.size,
  }
}

/** ∂g/∂x = ∂g/∂ξ/w, ∂N/∂ξ = 2((d₁ − s)ξ + (s − d₀)η), ∂D/∂ξ = (d₀ + d₁ − 2s)(η − ξ) */
function logSlopeByX(own: Bin, xi: number, eta: number): number {
  const { width, d0, d1 } = own
  const { s, d, n } = parts(own, xi, eta)
  const byXi = ((d1 - s) * xi + (s - d0) * eta) / n - ((d0 + d1 - 2 * s) * (eta - xi)) / d
  return (2 * byXi) / width.size
}

/** The rational-quadratic spline in double precision, as ../operations/rational-quadratic.ts declares it. */
export function portableRationalQuadratic({ real }: Heap): Portable<typeof operations> {
  function softmax(bins: number, at: Offset, stride: number): void {
    let top = Number.NEGATIVE_INFINITY
    for (let k = 0; k < bins; k++) top = Math.max(top, real[at + k * stride])
    let sum = 0
    for (let k = 0; k < bins; k++) sum += Math.exp(real[at + k * stride] - top)
    for (let k = 0; k < bins; k++) real[at + k * stride] = Math.exp(real[at + k * stride] - top) / sum
  }

  /** Bin k: its ends are sums of the widths below, and B itself. */
  function extentOf({ bins, box, minBinSize }: Spline, at: Offset, stride: number, k: number): Extent {
    const width = (i: number) => 2 * box * (minBinSize + (1 - bins * minBinSize) * real[at + i * stride])
    let from = -box
    for (let i = 0; i < k; i++) from += width(i)
    return { from, to: k === bins - 1 ? box : from + width(k), size: width(k) }
  }

  /** The last bin that does not begin above the value. */
  function find(spline: Spline, at: Offset, stride: number, value: number): number {
    let k = 0
    while (k < spline.bins - 1 && value >= extentOf(spline, at, stride, k).to) k++
    return k
  }

  function binOf(spline: Spline, circular: boolean, t: number, k: number): Bin {
    const { bins, minDerivative, slopeShift, widths, widthsStride, heights, heightsStride, slopes, slopesStride } =
      spline
    const width = extentOf(spline, widths + t, widthsStride, k)
    const height = extentOf(spline, heights + t, heightsStride, k)
    const knot0 = circular ? k : k - 1
    const knot1 = circular ? (k + 1) % bins : k === bins - 1 ? -1 : k
    const slope = (knot: number) =>
      knot < 0 ? 1 : softplus(real[slopes + t + knot * slopesStride] + slopeShift) + minDerivative
    return { width, height, knot0, knot1, d0: slope(knot0), d1: slope(knot1) }
  }

  /** Makes the logits of a row their softmax, and finds its bin: −1 and `bins` where it goes through. */
  function enter(spline: Spline, circular: boolean, t: number, given: number, side: 'widths' | 'heights'): number {
    const { bins, box, widths, widthsStride, heights, heightsStride } = spline
    softmax(bins, widths + t, widthsStride)
    softmax(bins, heights + t, heightsStride)
    if (!circular && !(Math.abs(given) <= box)) return given > box ? bins : -1
    return find(spline, spline[side] + t, spline[`${side}Stride`], clamp(given, box))
  }

  const forward = (circular: boolean) => (spline: Forward) => {
    const { bins, rows, box, x, z, logDet, bin } = spline
    for (let t = 0; t < rows; t++) {
      const given = real[x + t]
      const k = enter(spline, circular, t, given, 'widths')
      real[bin + t] = k
      real[z + t] = given
      if (k < 0 || k === bins) continue
      const value = clamp(given, box)
      const own = binOf(spline, circular, t, k)
      const { a, d, slope } = parts(own, ...sharesOf(own.width, value))
      real[z + t] = placed(own.height, a / d)
      real[logDet + t] += Math.log(slope)
    }
  }

  const inverse = (circular: boolean) => (spline: Inverse) => {
    const { bins, rows, box, z, x, logDet, bin } = spline
    for (let t = 0; t < rows; t++) {
      const given = real[z + t]
      const k = enter(spline, circular, t, given, 'heights')
      real[bin + t] = k
      real[x + t] = given
      if (k < 0 || k === bins) continue
      const value = clamp(given, box)
      const own = binOf(spline, circular, t, k)
      const [xi, eta] = solve(own, ...sharesOf(own.height, value))
      real[x + t] = placed(own.width, xi)
      real[logDet + t] -= Math.log(parts(own, xi, eta).slope)
    }
  }

  /** du_j = p_j·(dp_j − Σ p_i·dp_i), dp = 2B·(1 − K·m)·dw: `below` of each bin below k, `own` of bin k, 0 of the rest. */
  function softmaxBackward(bins: number, k: number, below: number, own: number, from: number[], to: number[]): void {
    const [p, stride] = from
    let mean = real[p + k * stride] * own
    for (let i = 0; i < k; i++) mean += real[p + i * stride] * below
    for (let i = 0; i < bins; i++) {
      const weight = i < k ? below : i === k ? own : 0
      real[to[0] + i * to[1]] = real[p + i * stride] * (weight - mean)
    }
  }

  function slopesBackward(spline: Spline & Gradients, circular: boolean, t: number, own: Bin, dd: number[]): void {
    const { bins, slopeShift, slopes, slopesStride, dSlopes, dSlopesStride } = spline
    const knots = [own.knot0, own.knot1]
    // Taken before anything is stored: the gradient may lie where the slopes do.
    const steps = knots.map((knot) => sigmoid(knot < 0 ? 0 : real[slopes + t + knot * slopesStride] + slopeShift))
    for (let i = 0; i < (circular ? bins : bins - 1); i++) real[dSlopes + t + i * dSlopesStride] = 0
    for (const [end, knot] of knots.entries()) {
      if (knot >= 0) real[dSlopes + t + knot * dSlopesStride] += dd[end] * steps[end]
    }
  }

  /** A row's dθ where x lies in bin k, for dz of the map from x to z and dg of its log-derivative; returns dx. */
  function rowBackward(
    spline: Spline & Gradients,
    circular: boolean,
    t: number,
    value: number,
    k: number,
    weightsOf: (slope: number, gx: number) => Readonly<Record<'dz' | 'dx' | 'dg', number>>,
  ): Readonly<Record<'dz' | 'dx', number>> {
    const { bins, box, minBinSize, widths, widthsStride, heights, heightsStride } = spline
    const { dWidths, dWidthsStride, dHeights, dHeightsStride } = spline
    const own = binOf(spline, circular, t, k)
    const [xi, eta] = sharesOf(own.width, value)
    const { dz, dx, dg } = weightsOf(parts(own, xi, eta).slope, logSlopeByX(own, xi, eta))
    const { dd0, dd1, dw, dh } = binBackward(own, xi, eta, dz, dx, dg)
    slopesBackward(spline, circular, t, own, [dd0, dd1])
    // x_k and y_k are sums of the widths and heights below.
    const scale = 2 * box * (1 - bins * minBinSize)
    softmaxBackward(bins, k, -scale * dx, scale * dw, [widths + t, widthsStride], [dWidths + t, dWidthsStride])
    softmaxBackward(bins, k, scale * dz, scale * dh, [heights + t, heightsStride], [dHeights + t, dHeightsStride])
    return { dz, dx }
  }

  function zero({ bins, ...to }: Spline & Gradients, circular: boolean, t: number): void {
    for (let i = 0; i < bins; i++) {
      real[to.dWidths + t + i * to.dWidthsStride] = 0
      real[to.dHeights + t + i * to.dHeightsStride] = 0
      if (circular || i < bins - 1) real[to.dSlopes + t + i * to.dSlopesStride] = 0
    }
  }

  const backward = (circular: boolean) => (spline: Backward) => {
    const { bins, rows, box, x, bin, dz, dLogDet, dx } = spline
    for (let t = 0; t < rows; t++) {
      const [k, out, dg] = [real[bin + t], real[dz + t], real[dLogDet + t]]
      if (k < 0 || k === bins) {
        real[dx + t] = out
        zero(spline, circular, t)
        continue
      }
      const weights = (slope: number, gx: number) => ({ dz: out, dx: out * slope + dg * gx, dg })
      real[dx + t] = rowBackward(spline, circular, t, clamp(real[x + t], box), k, weights).dx
    }
  }

  /** By x, −dx is what the forward map's z and g have together, so that its dz is (−dx + dLogDet·∂g/∂x)/(∂z/∂x). */
  const inverseBackward = (circular: boolean) => (spline: InverseBackward) => {
    const { bins, rows, box, x, bin, dx, dLogDet, dz } = spline
    for (let t = 0; t < rows; t++) {
      const [k, out, dg] = [real[bin + t], real[dx + t], -real[dLogDet + t]]
      if (k < 0 || k === bins) {
        real[dz + t] = out
        zero(spline, circular, t)
        continue
      }
      const weights = (slope: number, gx: number) => ({ dz: (-out - dg * gx) / slope, dx: -out, dg })
      real[dz + t] = -rowBackward(spline, circular, t, clamp(real[x + t], box), k, weights).dz
    }
  }

  return {
    rationalQuadratic: forward(false),
    rationalQuadraticInverse: inverse(false),
    rationalQuadraticBackward: backward(false),
    rationalQuadraticInverseBackward: inverseBackward(false),
    circularRationalQuadratic: forward(true),
    circularRationalQuadraticInverse: inverse(true),
    circularRationalQuadraticBackward: backward(true),
    circularRationalQuadraticInverseBackward: inverseBackward(true),
  }
}
