import type { PitShape } from './pit-shape.js'

/**
 * What a test is of:
 * - `conditional`: a column given those before it, and the context; its PIT F(xⱼ | x₁ … xⱼ₋₁, c) is exact.
 * - `margin`: a column by itself, beside samples.
 * - `noise`: a coordinate of the noise that rows are mapped onto, given those before it.
 * - `radius`: how far rows lie from the centre of the noise.
 * - `density`: ln p at the rows, beside ln p at samples.
 * - `joint`: all columns together, with the context, beside samples.
 * - `support`: whether rows lie where the density is 0; `statistic` is how many do.
 */
export type Tested = 'conditional' | 'margin' | 'noise' | 'radius' | 'density' | 'joint' | 'support'

/** A test of whether rows may come from a model. */
export interface FitTest {
  readonly of: Tested
  /** Of the column, or z1, z2, … of the noise. */
  readonly name?: string
  /** A² of Anderson and Darling, or the energy distance of `joint`. */
  readonly statistic: number
  /** How probable so large a statistic is where the model is true. */
  readonly p: number
  /** How the values lie that should be uniform on [0, 1]. */
  readonly shape?: PitShape
}
