import type { TrainOptions } from './train-options.js'

/** Rows of a file from which on some are kept for a test where nothing is said: fewer are cross-validated. */
const TESTED_ROWS = 2000
/** How many: a twentieth, but enough for a standard error of a tenth of a nat, and no more than tell anything new. */
const TEST = { share: 0.05, least: 200, most: 10_000 }
/** What of the rest is then held out by the way. */
const VALIDATION = 0.1

/** The options with the shares that are held out: what is said, or what the rows of a file leave room for. */
export function withHeldOut(
  options: TrainOptions,
  rows: number,
  generated: boolean,
): TrainOptions & { readonly test: number } {
  const { test } = options
  if (test !== undefined) return { ...options, test }
  if (generated || rows < TESTED_ROWS) return { ...options, test: 0 }
  const count = Math.min(TEST.most, Math.max(TEST.least, TEST.share * rows))
  const { validation } = options.fit
  const fit = { ...options.fit, validation: validation ?? VALIDATION }
  return { ...options, test: count / rows, fit, refit: validation === undefined }
}
