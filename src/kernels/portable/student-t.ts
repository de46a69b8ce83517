import { type Heap, NONE } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as students from '../operations/student-t.js'

/** Degrees of freedom are above this, so that 32-bit random numbers give finite tails, and raw counts no further than this. */
const LEAST = 0.5
const MOST_RAW = 40

const HALF_LN_2PI = 0.9189385332046728
/** The recurrence goes this far up, from where on the series is within 10⁻¹³. */
const STEPS = 8
/** (1 − 4⁻ᵏ)·B₂ₖ/(k(2k − 1)), k = 1, 2, …: of −g(x) by x^(1−2k). */
const SERIES = [1 / 8, -1 / 192, 1 / 640, -17 / 14336, 31 / 18432, -691 / 180224]

/**
 * g(x) = ln Γ(x + ½) − ln Γ(x) − ½ ln x and g′(x), which vanish at ∞: no difference of large numbers is taken. By
 * g(x) = g(x + 1) + ½ ln(1 − 1/(2x + 1)²) and, from Stirling's, g(x) = −Σₖ (1 − 4⁻ᵏ)B₂ₖ/(k(2k − 1))·x^(1−2k).
 */
function gammaRatio(x: number): { g: number; slope: number } {
  let missing = 0
  let slopes = 0
  for (let k = 0; k < STEPS; k++) {
    const a = x + k
    const e = 1 / (2 * a + 1) ** 2
    missing += e - missing * e
    slopes += 1 / (a * (a + 1) * (2 * a + 1))
  }
  const inverse = 1 / (x + STEPS)
  let g = 0.5 * Math.log1p(-missing)
  let slope = 0.5 * slopes
  let power = inverse
  for (const [k, coefficient] of SERIES.entries()) {
    g -= coefficient * power
    slope += (2 * k + 1) * coefficient * power * inverse
    power *= inverse * inverse
  }
  return { g, slope }
}

export function portableStudentT({ real }: Heap): Portable<typeof students> {
  return {
    /** constant = g(ν/2) − ½ ln 2π */
    studentDegrees({ n, raw, degrees, constant, slope }) {
      for (let i = 0; i < n; i++) {
        const nu = LEAST + Math.exp(Math.min(real[raw + i], MOST_RAW))
        const ratio = gammaRatio(nu / 2)
        real[degrees + i] = nu
        real[constant + i] = ratio.g - HALF_LN_2PI
        real[slope + i] = ratio.slope / 2
      }
    },
    studentT({ dim, rows, each, z, degrees, constant, logDet, logProb }) {
      for (let t = 0; t < rows; t++) {
        let sum = real[logDet + t]
        for (let j = 0; j < dim; j++) {
          const own = j * each + (each === 1 ? 0 : t)
          const nu = real[degrees + own]
          sum += real[constant + own] - 0.5 * (nu + 1) * Math.log1p(real[z + j * rows + t] ** 2 / nu)
        }
        real[logProb + t] = sum
      }
    },
    studentTBackward({ dim, rows, each, z, raw, degrees, slope, dLogProb, dz, dRaw }) {
      for (let j = 0; j < dim; j++) {
        for (let t = 0; t < rows; t++) {
          const at = j * rows + t
          const own = j * each + (each === 1 ? 0 : t)
          const weight = real[dLogProb + t]
          const nu = real[degrees + own]
          const q = real[z + at] ** 2 / nu
          const p = q / (1 + q)
          real[dz + at] = weight === 0 ? 0 : (-weight * ((nu + 1) / nu) * real[z + at]) / (1 + q)
          if (dRaw === NONE) continue
          const dNu = real[slope + own] + 0.5 * (p / nu - (Math.log1p(q) - p))
          const still = weight === 0 || real[raw + own] > MOST_RAW
          real[dRaw + at] = still ? 0 : weight * Math.exp(real[raw + own]) * dNu
        }
      }
    },
    studentTInverse({ dim, rows, each, normals, degrees, z }) {
      for (let j = 0; j < dim; j++) {
        for (let t = 0; t < rows; t++) {
          const [n, other] = [real[normals + 2 * j * rows + t], real[normals + (2 * j + 1) * rows + t]]
          const x = (n * n + other * other) / real[degrees + j * each + (each === 1 ? 0 : t)]
          // √((eˣ − 1)/x) by its halves: eˣ alone may be beyond float32.
          const bulge = x === 0 ? 1 : -Math.expm1(-x) / x
          real[z + j * rows + t] = n * Math.exp(x / 2) * Math.sqrt(bulge)
        }
      }
    },
  }
}
