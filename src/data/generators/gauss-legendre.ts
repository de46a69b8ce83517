import { cos } from '../../random/elementary.js'

/** Newton's steps from the estimate below, whose error of about 1e-3 each of them squares. */
const STEPS = 6

/**
 * Nodes on (−1, 1) and weights, which sum to 2, of the rule that is exact for polynomials up to degree 2·order − 1:
 * the zeros xᵢ of the Legendre polynomial P and 2/((1 − xᵢ²)·P′(xᵢ)²).
 * Source: Press et al., Numerical Recipes, 3rd edition, section 4.6.
 */
export function gaussLegendre(order: number): { readonly nodes: Float64Array; readonly weights: Float64Array } {
  const nodes = new Float64Array(order)
  const weights = new Float64Array(order)
  for (let i = 0; i < order; i++) {
    let x = -cos((Math.PI * (i + 0.75)) / (order + 0.5))
    let slope = 0
    for (let step = 0; step < STEPS; step++) {
      // k·P_k = (2k − 1)·x·P_(k−1) − (k − 1)·P_(k−2)
      let [before, p] = [0, 1]
      for (let k = 1; k <= order; k++) [before, p] = [p, ((2 * k - 1) * x * p - (k - 1) * before) / k]
      slope = (order * (x * p - before)) / (x * x - 1)
      x -= p / slope
    }
    nodes[i] = x
    weights[i] = 2 / ((1 - x * x) * slope * slope)
  }
  return { nodes, weights }
}
