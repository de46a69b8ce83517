/** A part of the interval (0, 1) of a value. */
export type Part = readonly [from: number, to: number]

/*
 * Rows that a flow is fitted to have values of a mass of their own, with a border to others, in a part of the interval that these
 * stand for. A smooth density has no edges: of rows up to the very border some of the mass comes down beyond it.
 */

/** Whether a cell is missing, on either side of a border: a normal of those on one side, by the logit, had a tenth beyond it. */
export const MISSING: Part = [0.25, 0.75]
/** Zeros below the least positive number, which is at the end where u is 0. */
export const ZEROS: Part = [0.25, 1]
/** Zeros of a grid that is modelled by its logarithm, with the border to the next value at the end where u is 1. */
export const ZEROS_OF_A_GRID: Part = [0, 0.75]

/** u ∈ (0, 1) → the part. */
export const within = ([from, to]: Part, u: number): number => from + (to - from) * u
