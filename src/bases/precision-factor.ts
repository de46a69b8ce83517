import { UsageError } from '../errors.js'
import { echo } from '../options.js'
import { ln } from '../random/elementary.js'

/** How far apart the two entries of a pair may be, relative to the deviations: what rounding does to a product. */
const ASYMMETRY = 1e-9

/**
 * The lower-triangular A with AᵀA = Σ⁻¹ as its rows up to the diagonal, which is held as ln Aᵢᵢ: A = L⁻¹ of the Cholesky
 * factor, Σ = LLᵀ. [dim(dim + 1)/2]
 * @throws UsageError where Σ is no symmetric positive definite [dim, dim].
 */
export function precisionFactor(base: string, covariance: readonly (readonly number[])[], dim: number): Float64Array {
  if (covariance.length !== dim || covariance.some((row) => row.length !== dim)) {
    throw new UsageError(`${base}'s covariance is ${echo(covariance)}; expected ${dim} rows of ${dim} numbers.`)
  }
  const lower = cholesky(covariance)
  if (!lower) {
    throw new UsageError(`${base}'s covariance is ${echo(covariance)}; expected a symmetric positive definite matrix.`)
  }
  const packed: number[] = []
  const inverse: number[][] = []
  for (let i = 0; i < dim; i++) {
    const row = inverseRow(lower, inverse, i)
    inverse.push(row)
    packed.push(...row.slice(0, i), ln(row[i]))
  }
  return Float64Array.from(packed)
}

/** L of Σ = LLᵀ, or undefined where there is none. */
function cholesky(covariance: readonly (readonly number[])[]): number[][] | undefined {
  const lower: number[][] = []
  for (const [i, row] of covariance.entries()) {
    const own: number[] = []
    for (let j = 0; j <= i; j++) {
      const scale = Math.sqrt(Math.abs(row[i] * covariance[j][j]))
      if (Math.abs(row[j] - covariance[j][i]) > ASYMMETRY * scale) return undefined
      let rest = row[j]
      for (let k = 0; k < j; k++) rest -= own[k] * (j < i ? lower[j][k] : own[k])
      if (j === i && !(rest > 0)) return undefined
      own.push(j < i ? rest / lower[j][j] : Math.sqrt(rest))
    }
    lower.push(own)
  }
  return lower
}

/** Row i of L⁻¹, from those before. */
function inverseRow(lower: readonly number[][], inverse: readonly number[][], i: number): number[] {
  const pivot = lower[i][i]
  const row = Array.from({ length: i }, (_, j) => {
    let sum = 0
    for (let k = j; k < i; k++) sum += lower[i][k] * inverse[k][j]
    return -sum / pivot
  })
  return [...row, 1 / pivot]
}
