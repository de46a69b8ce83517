import type { Support } from '../data/support.js'
import { type PreprocessChoice, preprocess } from '../train/preprocess.js'

/** What --preprocess may be. */
export const PREPROCESSINGS = ['standardise', 'none', 'robust', 'gaussianise'] as const
export type PreprocessName = (typeof PREPROCESSINGS)[number]

/** The same for `fit`; columns keep to their supports unless they pass nothing at all. */
export function preprocessing(
  name: PreprocessName,
  fillValue: number | 'none' | undefined,
  supports: readonly Support[] | undefined,
): PreprocessChoice {
  if (name === 'none' || (name === 'standardise' && supports === undefined)) return name
  if (name === 'standardise') {
    return preprocess({ gaussianise: false, decorrelate: false, scale: 'sd', fillValues: 'keep', supports })
  }
  // Before it comes to fit, rows have been looked through for them.
  const fillValues = fillValue === 'none' ? 'keep' : 'refuse'
  return preprocess({ gaussianise: name === 'robust' ? 'tails' : true, fillValues, supports })
}
