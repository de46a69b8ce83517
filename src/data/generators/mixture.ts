import { exp, ln } from '../../random/elementary.js'

const LN_2PI = ln(2 * Math.PI)
/** −ln of what a term must be beside the greatest one to count: less is lost in rounding. */
const NEGLIGIBLE = 40

/**
 * ln Σ_k w_k N(x; c_k, sd² I) for points and weights [n, 3], in nats; finite however far out x lies, for the terms are
 * taken relative to that of the nearest point.
 */
export function mixtureLogProb(nodes: Float64Array, sd: number, x1: number, x2: number): number {
  let nearest = Infinity
  for (let k = 0; k < nodes.length; k += 3) {
    const d1 = x1 - nodes[k]
    const d2 = x2 - nodes[k + 1]
    const square = d1 * d1 + d2 * d2
    if (square < nearest) nearest = square
  }
  const precision = 1 / (2 * sd * sd)
  let sum = 0
  for (let k = 0; k < nodes.length; k += 3) {
    const d1 = x1 - nodes[k]
    const d2 = x2 - nodes[k + 1]
    const exponent = (d1 * d1 + d2 * d2 - nearest) * precision
    if (exponent < NEGLIGIBLE) sum += nodes[k + 2] * exp(-exponent)
  }
  return ln(sum) - nearest * precision - LN_2PI - 2 * ln(sd)
}
