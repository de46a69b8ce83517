/** The mean of f over points [n, 2] and its standard error. */
export function averageOver(points: Float64Array, f: (x1: number, x2: number) => number) {
  const count = points.length / 2
  const values = Float64Array.from({ length: count }, (_, i) => f(points[2 * i], points[2 * i + 1]))
  const mean = values.reduce((sum, v) => sum + v, 0) / count
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / count
  return { mean, error: Math.sqrt(variance / count) }
}
