/** How values u that should be uniform on [0, 1] are not: standard normal each where they are. */
export interface PitShape {
  /** Above 0 where they are too large on average: rows lie higher than the model says. */
  readonly shift: number
  /** Above 0 where too many are near 0 and 1: the model is too narrow. */
  readonly spread: number
  /** Above 0 where rows reach further up, and less far down, than the model says. */
  readonly skew: number
  /** Above 0 where too many are next to 0 and 1 for as many elsewhere: the model's tails are too thin. */
  readonly tails: number
}

/**
 * Sums of the first four Legendre polynomials on [0, 1], Vₖ = Σᵢ √(2k + 1) Pₖ(2uᵢ − 1)/√n. `inflation` is how many times as
 * large their variance is as it would be of independent uniform values.
 * Source: Neyman, "Smooth test for goodness of fit", Skandinavisk Aktuarietidskrift 20 (1937).
 */
export function pitShape(u: Float64Array, inflation = 1): PitShape {
  let [first, second, third, fourth] = [0, 0, 0, 0]
  for (const value of u) {
    const x = 2 * value - 1
    const square = x * x
    first += x
    second += (3 * square - 1) / 2
    third += (x * (5 * square - 3)) / 2
    fourth += (square * (35 * square - 30) + 3) / 8
  }
  const scaled = (sum: number, degree: number) => sum * Math.sqrt((2 * degree + 1) / (u.length * inflation))
  return { shift: scaled(first, 1), spread: scaled(second, 2), skew: scaled(third, 3), tails: scaled(fourth, 4) }
}

/** A part of the shape smaller than this may be chance. */
const CLEAR = 2.5

const WORDS = {
  shift: ['too low', 'too high'],
  spread: ['too narrow', 'too wide'],
  skew: ['rows are skewed upwards', 'rows are skewed downwards'],
  tails: ['tails too thin', 'tails too heavy'],
} as const

/** What is wrong with the model where the shape is of its values, by the largest part. */
export function shapeText(shape: PitShape): string {
  const part = largestPart(shape)
  return part ? WORDS[part][shape[part] > 0 ? 0 : 1] : 'of another shape'
}

/** Which part of a shape stands out; undefined where none does. */
export function largestPart(shape: PitShape): keyof PitShape | undefined {
  const parts = Object.keys(WORDS) as (keyof PitShape)[]
  const largest = parts.reduce((most, part) => (Math.abs(shape[part]) > Math.abs(shape[most]) ? part : most))
  return Math.abs(shape[largest]) >= CLEAR ? largest : undefined
}
