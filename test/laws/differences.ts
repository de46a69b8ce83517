/** Step of the fourth-order central difference, h = 1e-6 · max(1, |θ|). */
export const STEP = 1e-6

/**
 * ∂f/∂θ by (f(θ−2h) − 8 f(θ−h) + 8 f(θ+h) − f(θ+2h)) / 12h, number by number of f. `f` also tells the branch it was on;
 * where the four points are not all on one branch there is no derivative to compare with, and the result is undefined.
 */
export function centralDifferences(
  theta: number,
  f: (theta: number) => { values: readonly number[]; branch: string },
): number[] | undefined {
  const h = STEP * Math.max(1, Math.abs(theta))
  const points = [-2, -1, 1, 2].map((k) => f(theta + k * h))
  if (points.some(({ branch }) => branch !== points[0].branch)) return undefined
  const [a, b, c, d] = points.map(({ values }) => values)
  // Paired, so that four equal values give exactly 0.
  return a.map((first, i) => (first - d[i] + 8 * (c[i] - b[i])) / (12 * h))
}

/** The same of one number. */
export function centralDifference(
  theta: number,
  f: (theta: number) => { value: number; branch: string },
): number | undefined {
  const differences = centralDifferences(theta, (moved) => {
    const { value, branch } = f(moved)
    return { values: [value], branch }
  })
  return differences?.[0]
}

/** |a − n| / max(1, |a|, |n|) */
export function relativeError(a: number, n: number): number {
  return Math.abs(a - n) / Math.max(1, Math.abs(a), Math.abs(n))
}
