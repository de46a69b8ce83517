import { exp } from '../../random/elementary.js'

/** Of a Gaussian's standard deviation: sums over so fine a lattice differ from its integral by less than 1e-15. */
const STEP = 1 / 3
/** Standard deviations to go beyond where points would be without noise; 1e-18 of a Gaussian lies farther out. */
const MARGIN = 9

/**
 * −∫ p ln p in nats over the plane for a density whose points would lie in `reach` without their noise of standard
 * deviation sd, by the trapezoidal rule: for what is as smooth as a Gaussian its error falls exponentially.
 */
export function entropyOverPlane(
  logProb: (x1: number, x2: number) => number,
  [[from1, to1], [from2, to2]]: readonly [readonly [number, number], readonly [number, number]],
  sd: number,
): number {
  const step = STEP * sd
  const beyond = MARGIN * sd
  let sum = 0
  for (let x1 = from1 - beyond; x1 < to1 + beyond; x1 += step) {
    for (let x2 = from2 - beyond; x2 < to2 + beyond; x2 += step) {
      const value = logProb(x1, x2)
      sum -= exp(value) * value
    }
  }
  return sum * step * step
}
