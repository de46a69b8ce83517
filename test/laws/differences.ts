/** Step of the fourth-order central difference, h = 1e-6 · max(1, |θ|). */
export const STEP = 1e-6

/**
 * ∂f/∂θ by (f(θ−2h) − 8 f(θ−h) + 8 f(θ+h) − f(θ+2h)) / 12h. `f` also tells the branch it was on; where the four
 * points are not all on one branch there is no derivative to compare with, and the result is undefined.
 */
export function centralDifference(
  theta: number,
  f: (theta: number) => { value: number; branch: string },
): number | undefined {
  const h = STEP * Math.max(1, Math.abs(theta))
  const points = [-2, -1, 1, 2].map((k) => f(theta + k * h))
  if (points.some(({ branch }) => branch !== points[0].branch)) return undefined
  const [a, b, c, d] = points.map(({ value }) => value)
  // Paired, so that four equal values give exactly 0.
  return (a - d + 8 * (c - b)) / (12 * h)
}

/** |a − n| / max(1, |a|, |n|) */
export function relativeError(a: number, n: number): number {
  return Math.abs(a - n) / Math.max(1, Math.abs(a), Math.abs(n))
}
