import { bounded, exact, type OperationCase, type Outcome } from '../case.js'
import { blank, LENGTHS, normals } from '../inputs.js'
import { amongKnots, drawKnots } from '../spline-knots.js'

/** Knots, the spread of their bins, how many of the last ones are one. */
const SPLINES = [
  [2, 0, 1],
  [5, 1, 1],
  [32, 1, 1],
  [32, 2, 9],
  [64, 3, 1],
]

/** [knots, rows, spread, repeated] */
const sizes = SPLINES.flatMap(([knots, spread, repeated]) => LENGTHS.map((rows) => [knots, rows, spread, repeated]))

const { abs } = Math

/** Of row t: its bin's ends, or twice the outer knot of its tail, and the slopes there. */
function binOf({ size: [knots], before, reference }: Outcome, t: number) {
  const k = reference.bin[t]
  const [l, r] = k < 0 ? [0, 0] : [k, Math.min(k + 1, knots - 1)]
  const { xs, zs, logSlopes } = before
  const [w, h] = [xs[r] - xs[l], zs[r] - zs[l]]
  return { x: abs(xs[l]), z: abs(zs[l]), w, s: h / w, d0: Math.exp(logSlopes[l]), d1: Math.exp(logSlopes[r]) }
}

/** What the two differences of ∂ln f′/∂x are of: 2((d₁ + s)ξ + (s + d₀)η)/(wN) + 2(d₀ + d₁ + 2s)/(wD), in a bin. */
function bendTerms(outcome: Outcome, t: number, x: number): number {
  const { w, s, d0, d1 } = binOf(outcome, t)
  if (!(w > 0)) return 0
  const { xs } = outcome.before
  const xi = Math.min(Math.max((x - xs[outcome.reference.bin[t]]) / w, 0), 1)
  const eta = 1 - xi
  const n = d1 * xi * xi + 2 * s * xi * eta + d0 * eta * eta
  const d = s + (d0 + d1 - 2 * s) * xi * eta
  return (2 / w) * (((d1 + s) * xi + (s + d0) * eta) / n + (d0 + d1 + 2 * s) / d)
}

function direction(kernel: 'quantileSpline' | 'quantileSplineInverse', from: 'x' | 'z', to: 'x' | 'z'): OperationCase {
  const xOf = ({ before, reference }: Outcome, t: number) => (from === 'x' ? before : reference).x[t]
  return {
    kernel,
    sizes,
    arrays: (knots, rows, spread, repeated) => {
      const spline = drawKnots(knots, spread, repeated)
      return {
        ...spline,
        [from]: amongKnots(rows, from === 'x' ? spline.xs : spline.zs, 41),
        [to]: blank(rows),
        logDet: normals(rows, 42),
        slope: blank(rows),
        bend: blank(rows),
        bin: blank(rows),
      }
    },
    outputs: () => ({
      [to]: bounded(`5 ε·(|${to}| + |${to}ₖ|)`, 5, (t, outcome) => {
        return abs(outcome.reference[to][t]) + binOf(outcome, t)[to]
      }),
      logDet: bounded('14 ε + 2 ε·(|logDet| + |ln f′|)', 2, (t, { before, reference }) => {
        return 7 + abs(before.logDet[t]) + abs(Math.log(reference.slope[t]))
      }),
      slope: bounded('14 ε·f′', 14, (t, { reference }) => reference.slope[t]),
      bend: bounded('6 ε of its terms', 6, (t, outcome) => bendTerms(outcome, t, xOf(outcome, t))),
      bin: exact,
    }),
  }
}

export const quantileSplineCases: readonly OperationCase[] = [
  direction('quantileSpline', 'x', 'z'),
  direction('quantileSplineInverse', 'z', 'x'),
]
