/**
 * Normalizing flows: build one of layers, fit it to rows or to an energy, and ask it for log-densities, scores and samples.
 * Rows are row-major [rows, columns], log-densities in nats and in the data's own units; x is data, z is noise.
 * @module pushforward
 */
export { type AutoChoice, type AutoOptions, auto } from './auto/auto.js'
export { type ImputeOptions, imputeMissing } from './auto/impute.js'
export type { BaseSpec } from './bases/base.js'
export { type ContaminatedOptions, contaminated } from './bases/contaminated.js'
export { type DiagonalNormalOptions, diagonalNormal } from './bases/diagonal-normal.js'
export { type FullNormalOptions, fullNormal } from './bases/full-normal.js'
export { type GaussianMixtureOptions, gaussianMixture } from './bases/gaussian-mixture.js'
export { standardNormal } from './bases/standard-normal.js'
export { type StudentTOptions, studentT } from './bases/student-t.js'
export type { LearningOptions } from './bases/theta.js'
export { type UniformBoxOptions, uniformBox } from './bases/uniform-box.js'
export type { FoundKind } from './columns/detect-kind.js'
export { decodeRows, type EncodedTable, encodeRows } from './columns/encode-rows.js'
export type { DateFormat } from './columns/iso-dates.js'
export type {
  Bounded,
  Category,
  Circular,
  CodedColumn,
  ColumnKind,
  Continuous,
  DateKind,
  Grid,
  Positive,
  TableCodec,
} from './columns/kinds.js'
export { type ReadTypedTableOptions, readTypedTable } from './columns/read-typed-table.js'
export { type ColumnsOptions, columnsOf, type FoundColumn, type FoundColumns } from './columns/table-kinds.js'
export { parseTypedTable, type TypedTable, type TypedTableOptions } from './columns/typed-table.js'
export type { Preprocessing } from './data/fit-scaler.js'
export {
  checkerboard,
  circles,
  eightGaussians,
  type Generator,
  type GeneratorOptions,
  generators,
  jang,
  type MoonsOptions,
  moons,
  moonsGenerator,
  pinwheel,
  rings,
  swissRoll,
  twoSpirals,
} from './data/generators.js'
export type { MarginalSpline } from './data/marginal-spline.js'
export type { Decimal } from './data/number-forms.js'
export type { Points } from './data/points.js'
export { type ReadTableOptions, readTable, type StoredTable } from './data/read-table.js'
export type { RowSet } from './data/row-set.js'
export type { RowBlock, RowSource } from './data/row-source.js'
export type { Matrix, Rows } from './data/rows.js'
export type { Scaler } from './data/scaler.js'
export type { StoredRows } from './data/stored-rows.js'
export type { Support } from './data/support.js'
export type { TableOptions } from './data/table.js'
export type { ColumnChooser } from './data/table-columns.js'
export type { Whitening } from './data/whitening.js'
export * as energies from './energies/energies.js'
export { type Energy, type EnergyModule, energyModule, type RowEnergy, rowEnergy } from './energies/energy.js'
export { DataError, FormatError, TrainingError, UsageError } from './errors.js'
export type { Context, Given } from './flow/context.js'
export { Ensemble, ensemble, type Model } from './flow/ensemble.js'
export type { Reals } from './flow/evaluator.js'
export { type DataProvenance, Flow, type FlowOptions, flow, type SampleOptions, type TraceStep } from './flow/flow.js'
export { type ScoredRows, type ScoreRecord, scoreQuantile, scoreRecord } from './flow/score-record.js'
export type { FlowDescription } from './flow/structure.js'
export { summary } from './flow/summary.js'
export { decodeFlow, decodeModel, encodeFlow, encodeModel } from './io/model-record.js'
export { loadFlow, loadModel, saveFlow } from './io/save-flow.js'
export type { KernelChoice, KernelKind } from './kernels/create.js'
export type { Precision } from './kernels/heap.js'
export { actNorm } from './layers/act-norm.js'
export { type AffineCouplingOptions, affineCoupling } from './layers/affine-coupling.js'
export { type AutoregressiveOptions, autoregressive } from './layers/autoregressive.js'
export { alternatingMask, type CouplingOptions, coupling } from './layers/coupling.js'
export { type ElementwiseOptions, elementwise } from './layers/elementwise.js'
export { type GaussianiseOptions, gaussianise } from './layers/gaussianise.js'
export { type HouseholderOptions, householder } from './layers/householder.js'
export { invert } from './layers/invert.js'
export type { LayerSpec } from './layers/layer.js'
export { type LeakyReLUOptions, leakyReLU } from './layers/leaky-relu.js'
export { type LULinearOptions, luLinear } from './layers/lu-linear.js'
export { registerLayers } from './layers/modules.js'
export type { Order } from './layers/order.js'
export { type PermutationOptions, permutation, reverse } from './layers/permutation.js'
export { rotation } from './layers/rotation.js'
export type { Activation } from './nets/activations.js'
export type { ConditionerSpec } from './nets/conditioner.js'
export type { EmbeddingSpec } from './nets/embedding.js'
export type { Fourier, FourierOptions } from './nets/fourier.js'
export { type MaskedMLPOptions, maskedMLP } from './nets/masked-mlp.js'
export { type MaskedResidualOptions, maskedResidual } from './nets/masked-residual.js'
export { type MLPOptions, mlp } from './nets/mlp.js'
export { type ResidualOptions, residual } from './nets/residual.js'
export type { ParallelOptions } from './parallel/chunks.js'
export { logProb, sample } from './parallel/evaluate.js'
export type { Threads } from './parallel/threads.js'
export { type Predictions, type PredictOptions, predict } from './predict/predict.js'
export { logProbOfTable } from './predict/score-values.js'
export type { PlainPresetOptions, PresetOptions, SplinePresetOptions } from './presets/options.js'
export { circular, iaf, maf, nice, nsf, nsfAutoregressive, realNVP, tutorial } from './presets/presets.js'
export { type AdamOptions, type AdamWOptions, adam, adamW, type Optimizer } from './step/adamw.js'
export { type Annealing, annealing } from './step/annealing.js'
export { type Averaging, ema } from './step/averaging.js'
export { type Growing, growing } from './step/batches.js'
export { type Noise, noise } from './step/noise.js'
export type { GradientEstimator } from './step/reverse-kl.js'
export { constant, cosine, oneCycle, reduceOnPlateau, type Schedule, stepDecay, warmUp } from './step/schedule.js'
export type { Stopping } from './step/stopping.js'
export { type BestStart, bestStart } from './train/best-start.js'
export type { FitTest, Tested } from './train/calibration/evidence.js'
export { type GoodnessOfFit, type GoodnessOptions, goodnessOfFit } from './train/calibration/goodness-of-fit.js'
export type { PitShape } from './train/calibration/pit-shape.js'
export type { CheckpointOptions } from './train/checkpoint-writer.js'
export type { FitEnergyOptions, Mixture } from './train/energy-options.js'
export { type FitResult, fit } from './train/fit.js'
export { type FitEnergyResult, fitEnergy } from './train/fit-energy.js'
export { type EnsembleFit, fitEnsemble, memberSeed } from './train/fit-ensemble.js'
export type { Part } from './train/frozen.js'
export type { GivenRows } from './train/given-rows.js'
export {
  type Importance,
  type ImportanceOptions,
  importance,
  type WeightedSamples,
} from './train/importance.js'
export type { MeanNLL } from './train/mean-nll.js'
export type { FitOptions, Progress } from './train/options.js'
export { type PreprocessChoice, type PreprocessOptions, preprocess } from './train/preprocess.js'
export type { OnDivergence, Recovery } from './train/recoveries.js'
export { type Fold, fold, type Split, type Validation } from './train/split.js'
export type { Trials, TriedFlow } from './train/trials.js'
export { additive } from './transformers/additive.js'
export { type AffineOptions, affine } from './transformers/affine.js'
export { type CircularShiftOptions, circularShift } from './transformers/circular-shift.js'
export {
  exponential,
  hyperbolicTangent,
  logistic,
  sinhArcsinh,
  softplus,
  softsign,
  symmetricLog,
  yeoJohnson,
} from './transformers/maps.js'
export {
  circularRationalQuadratic,
  type RationalQuadraticOptions,
  rationalQuadratic,
} from './transformers/rational-quadratic.js'
export { softAffine } from './transformers/soft-affine.js'
export type { TransformerSpec } from './transformers/transformer.js'
