import type { GoodnessOfFit } from './calibration/goodness-of-fit.js'
import type { DensityIntegral } from './density-integral.js'
import type { DominatingRows } from './dominating-rows.js'
import type { FitResult } from './fit.js'
import type { MeanNLL } from './mean-nll.js'
import type { Quartiles } from './quartiles.js'
import type { Recovery } from './recoveries.js'
import type { ClassificationFigures, RegressionFigures } from './regression.js'
import type { SamplesOutside } from './samples-outside.js'
import type { StrangestRows } from './strangest-rows.js'
import type { Trials } from './trials.js'

/** A figure of the rows trained on, of those held out where there are any, and of those fit never saw. */
export interface BySplit<Figure> {
  readonly train: Figure
  readonly validation?: Figure
  readonly test?: Figure
}

/** The same, and of rows drawn anew from the true distribution where it is known. */
export interface BySplitAndFresh<Figure> extends BySplit<Figure> {
  readonly fresh?: Figure
}

/** Whether rows that the flow was not fitted to may come from it, and how much less likely they are than those that it was. */
export interface HeldOutFit extends GoodnessOfFit {
  /** Those validated on have chosen the weights: they are a little likelier for it. */
  readonly part: 'validation' | 'test' | 'fresh'
  /** Mean ln p of the rows trained on − mean ln p of these, in nats: what of the fit is of the very rows. */
  readonly gap: Pick<MeanNLL, 'mean' | 'standardError'>
}

/**
 * How well a trained flow describes its data; figures in nats a row and original units where not said otherwise, of rows with
 * weights by these.
 */
export interface Evaluation {
  /** Of an ensemble: how many flows it is the average of. */
  readonly members?: number
  readonly nll: BySplit<MeanNLL>
  /** The same in the units that losses have: of what rows pass before the flow, columns of unit variance mostly. */
  readonly nllStandardised: BySplit<MeanNLL>
  /** Of the rows' −ln p: the median does not move for a few of them. */
  readonly quartiles: BySplit<Quartiles>
  /** The rows that make the mean what it is, where some of them do. */
  readonly dominating?: Partial<BySplitAndFresh<DominatingRows>>
  /** Rows that were to be held out and are not among those of the validation: by number, the first of them, and how many. */
  readonly leftOutRows?: { readonly rows: readonly number[]; readonly count: number }
  /** Said where no rows were kept for the test: the figures are of rows that the flow was chosen by. */
  readonly note?: string
  /** Said where rows were spread over intervals before training: what the densities are of. */
  readonly units?: string
  /**
   * The single full-covariance Gaussian fitted to the training rows, on the same rows; null where none fits. For a flow
   * with a context, that Gaussian given it.
   */
  readonly gaussianBaseline: BySplitAndFresh<MeanNLL> | null
  /** Paired mean of ln p_flow − ln p_Gaussian: above 0 where the flow is better, by chance within two standard errors. */
  readonly gaussianGain: BySplitAndFresh<MeanNLL> | null
  /**
   * The mixture of full-covariance Gaussians fitted to the training rows, on the same rows; null where no mixture is better
   * than one of them. Left out for a flow with a context.
   */
  readonly mixtureBaseline?: ({ readonly components: number } & BySplitAndFresh<MeanNLL>) | null
  readonly mixtureGain?: BySplitAndFresh<MeanNLL> | null
  /** Entropy of the true distribution, where it is known: no model's expected NLL is lower. */
  readonly entropyFloor?: number
  /** Paired mean of ln p_true − ln p_model, where the truth is known; on fresh rows it is ≥ 0 but for chance. */
  readonly excess?: { readonly train: MeanNLL; readonly fresh?: MeanNLL }
  /** Of rows drawn anew from the true distribution. */
  readonly freshNll?: MeanNLL
  /** Of the rows that know the least of the flow: fresh, else of the test, else held out; left out where there are none. */
  readonly goodness?: HeldOutFit
  /** How good the column is predicted, where one is modelled given others: one of numbers or dates, or one of names. */
  readonly regression?: RegressionFigures
  readonly classification?: ClassificationFigures
  /** ∫ p for a flow on two columns. */
  readonly integralOfDensity?: DensityIntegral
  /** Said where something does not apply: a flow with a context is another density for each. */
  readonly leftOut?: string
  /** max |x − f⁻¹(f(x))| over training rows and samples, standardised units; null where it is not finite. */
  readonly worstRoundTrip: number | null
  readonly samplesOutside: SamplesOutside
  readonly losses: {
    readonly steps: number
    readonly stopped: FitResult['stopped']
    /** Of the first and the last step; losses are mean NLLs in standardised units. */
    readonly first: number
    readonly last: number
    /** Of the rows held out where there are any, else of the training rows. */
    readonly best: number
    readonly bestStep: number
    /** To be added to a loss to have it in original units. */
    readonly logScale: number
    /** Whether there was nothing to train: what was fitted is what columns pass, and the base. */
    readonly untrained: boolean
    /** Where training went back from a loss that was not finite, if it did. */
    readonly recoveries?: readonly Recovery[]
    /** Whether more steps would have made them lower yet; null where the steps are too few to tell. */
    readonly stillFalling: boolean | null
  }
  /** The least likely of the rows held out, or else of those trained on, where they have been looked for. */
  readonly strangest?: StrangestRows
  /** What the flow was chosen by, where `auto` did so. */
  readonly trials?: Trials
  /** All of this in a sentence, where it has been put into one. */
  readonly verdict?: string
}
