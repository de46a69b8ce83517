import type { MeanNLL } from './mean-nll.js'

/** A flow that was tried before training, and how likely it made rows that it was not trained on; nats a row, the data's units. */
export interface TriedFlow {
  /** What it maps data onto: 'one normal', '8 normals'. */
  readonly name: string
  /** Steps after which the figures are, by which they are best; 0: it needs no training. */
  readonly steps: number
  /** Steps that it was tried for. */
  readonly triedFor: number
  /** Mean −ln p of the rows left out. */
  readonly nll: MeanNLL
  /**
   * Paired mean of ln p_flow − ln p_Gaussian with the single Gaussian fitted to the same rows: above 0 where the flow is better.
   * null where none fits.
   */
  readonly gaussianGain: MeanNLL | null
}

/** What a flow was chosen by. */
export interface Trials {
  /**
   * Equal parts of the rows that were left out in turn, every flow being trained on the others; standard errors are then from
   * the spread over these parts. null where the same rows were held out from all, the errors being over the rows.
   */
  readonly folds: number | null
  readonly flows: readonly TriedFlow[]
  /** Name of the one that was chosen. */
  readonly chosen: string
}

/** The flow that was chosen among those tried. */
export const chosenOf = ({ flows, chosen }: Trials): TriedFlow => flows.find(({ name }) => name === chosen) as TriedFlow
