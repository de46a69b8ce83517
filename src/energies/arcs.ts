import { exp, ln } from '../random/elementary.js'
import { type Energy, type EnergyModule, rowEnergy } from './energy.js'

/** A ready-made energy: every thread finds it by itself. */
export interface KnownEnergy extends Energy, EnergyModule {
  /** ln Z, in nats. */
  readonly logZ: number
}

/** Radius of the ring, and where on the first axis the two normals stand. */
const RADIUS = 2

/**
 * Two arcs on a ring, left and right: p ∝ N(‖x‖; 2, ρ²)·(N(x₁; 2, σ²) + N(x₁; −2, σ²)),
 *
 *   U = ½((‖x‖ − 2)/ρ)² + ½((|x₁| − 2)/σ)² − ln(1 + e^(−4|x₁|/σ²))
 *
 * for (|x₁| − 2)² + 8|x₁| = (|x₁| + 2)². With r = ‖x‖ and e = e^(−4|x₁|/σ²):
 *   ∂U/∂r    = (r − 2)/ρ²,  ∂r/∂x = x/r                     (at the middle, where there is no direction, 0)
 *   ∂U/∂|x₁| = (|x₁| − 2)/σ² + 4/σ² · e/(1 + e)             (at x₁ = 0 it is 0)
 */
function arcs(name: string, ringSd: number, columnSd: number, logZ: number): KnownEnergy {
  const [ring, column] = [1 / ringSd ** 2, 1 / columnSd ** 2]
  const energy = rowEnergy(2, (x, gradient) => {
    const r = Math.sqrt(x[0] * x[0] + x[1] * x[1])
    const a = Math.abs(x[0])
    const e = exp(-2 * RADIUS * a * column)
    const radial = r === 0 ? 0 : ((r - RADIUS) * ring) / r
    const slope = (a - RADIUS) * column + (2 * RADIUS * column * e) / (1 + e)
    gradient[0] = radial * x[0] + (x[0] < 0 ? -slope : slope)
    gradient[1] = radial * x[1]
    return 0.5 * (r - RADIUS) * (r - RADIUS) * ring + 0.5 * (a - RADIUS) * (a - RADIUS) * column - ln(1 + e)
  })
  return { ...energy, logZ, module: import.meta.url, name }
}

/**
 * The potential U₁: two wide arcs,
 * U = ½((‖x‖ − 2)/0.4)² − ln(e^(−½((x₁ − 2)/0.6)²) + e^(−½((x₁ + 2)/0.6)²)), Z = 6.5371522.
 * Source: Rezende & Mohamed, arXiv:1505.05770, table 1.
 */
export const potentialU1 = arcs('potentialU1', 0.4, 0.6, 1.8775016261093)

/**
 * Two narrow arcs: U = ½((‖x‖ − 2)/0.2)² + ½((|x₁| − 2)/0.3)² − ln(1 + e^(−4|x₁|/0.09)), Z = 2.2349401.
 * Source: the distribution TwoMoons of Stimper et al., normflows, Journal of Open Source Software 8 (2023).
 */
export const twoMoons = arcs('twoMoons', 0.2, 0.3, 0.8042144486319)
