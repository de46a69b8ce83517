import { gaussLegendre } from './gauss-legendre.js'
import type { Point } from './generator.js'
import { mixtureLogProb } from './mixture.js'

/** A curve c(t), from ≤ t ≤ to, along which points are spread. */
export interface Curve {
  readonly from: number
  readonly to: number
  at(t: number): Point
  /** Of t; its integral is the curve's share of all points. */
  density(t: number): number
  /** |c′(t)|, which must not fall along the curve. */
  speed(t: number): number
}

const RULE = gaussLegendre(8)
/** Standard deviations that a panel is long, at most: ∫ of a Gaussian over it then has a relative error below 1e-7. */
const PANEL = 4

/**
 * Points c_k and weights w_k [n, 3] with Σ w_k f(c_k) = Σ ∫ density(t) f(c(t)) dt over the curves, for any f that
 * varies no faster than a Gaussian of this standard deviation: Gauss–Legendre on panels of four of them.
 */
export function curveNodes(curves: readonly Curve[], sd: number): Float64Array {
  const nodes: number[] = []
  for (const { from, to, at, density, speed } of curves) {
    for (let start = from; start < to; ) {
      // As long as its end allows, where the curve is faster than at its start.
      const guess = start + (PANEL * sd) / speed(start)
      const end = Math.min(to, start + (PANEL * sd) / speed(Math.min(to, guess)))
      const half = (end - start) / 2
      for (let i = 0; i < RULE.nodes.length; i++) {
        const t = start + half * (1 + RULE.nodes[i])
        nodes.push(...at(t), half * RULE.weights[i] * density(t))
      }
      start = end
    }
  }
  return Float64Array.from(nodes)
}

/** ln p in nats of points along curves with noise N(0, sd² I) added; the nodes are computed when first needed. */
export function noisyCurves(curves: readonly Curve[], sd: number): (x1: number, x2: number) => number {
  let nodes: Float64Array | undefined
  return (x1, x2) => {
    nodes ??= curveNodes(curves, sd)
    return mixtureLogProb(nodes, sd, x1, x2)
  }
}
