/**
 * What random numbers are drawn for: the third word of the Philox counter.
 *
 * Two purposes never share a number, whatever their seed and index. The values are part of every result that was ever
 * reproduced from a seed: they are added to, never changed.
 */
export const PURPOSE = {
  /** Initial parameters; the index is the layer. */
  initialise: 1,
  /** Points of a generator; the index is the point. */
  data: 2,
  /** The order of rows in an epoch; the index is the epoch. */
  shuffle: 3,
  /** Which rows are held out for validation (index 0) and test (index 1). */
  split: 4,
  /** Base noise of samples; the index is the row. */
  sample: 5,
  /** Dropped activations; the index is the row. */
  dropout: 6,
  /** Fixed structure drawn once (permutations between layers); the index is the layer. */
  structure: 7,
  /** Noise added to data before a step; the index is the row. */
  noise: 8,
  /** Uniform numbers of samples, for bases that take some; the index is the row. */
  sampleUniforms: 9,
  /** The random order of a layer's columns; the index is how many there are. */
  permutation: 10,
  /** Where the means of a mixture begin; the index is how many there are. */
  mixture: 11,
  /** Noise that a flow is fitted to an energy with; the index is the row, and above it the step. */
  energy: 12,
  /** Likewise uniform numbers, for bases that take some. */
  energyUniforms: 13,
  /** Which member of an ensemble a row of a sample is drawn from; the index is the row. */
  member: 14,
  /** Which held-out rows change places with samples in a test of fit; the index is the permutation, 0 chooses rows by their weights. */
  goodness: 17,
  /** What is added to rounded values of rows; the index is the row. */
  dequantise: 15,
  /** Likewise where such values are scored; the index is the column. */
  dequantiseScores: 16,
  /** What stands in for values that are missing; the index is the row. */
  missing: 18,
  /** Contexts for which such values are looked for first; the index is the number. */
  missingContexts: 19,
} as const
