export type { BaseSpec } from './bases/base.js'
export { standardNormal } from './bases/standard-normal.js'
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
export type { RowSet } from './data/row-set.js'
export type { RowBlock, RowSource } from './data/row-source.js'
export type { Matrix, Rows } from './data/rows.js'
export type { Scaler } from './data/scaler.js'
export { DataError, FormatError, TrainingError, UsageError } from './errors.js'
export { type DataProvenance, Flow, type FlowOptions, flow, type SampleOptions, type TraceStep } from './flow/flow.js'
export { decodeFlow, encodeFlow } from './flow/model-record.js'
export type { FlowDescription } from './flow/structure.js'
export { summary } from './flow/summary.js'
export { loadFlow, saveFlow } from './io/save-flow.js'
export type { KernelChoice } from './kernels/create.js'
export type { Precision } from './kernels/heap.js'
export { type AffineCouplingOptions, affineCoupling } from './layers/affine-coupling.js'
export { alternatingMask, type CouplingOptions, coupling } from './layers/coupling.js'
export { type ElementwiseOptions, elementwise } from './layers/elementwise.js'
export { type GaussianiseOptions, gaussianise } from './layers/gaussianise.js'
export { invert } from './layers/invert.js'
export type { LayerSpec } from './layers/layer.js'
export { leakyReLU } from './layers/leaky-relu.js'
export { registerLayers } from './layers/modules.js'
export type { ConditionerSpec } from './nets/conditioner.js'
export { mlp } from './nets/mlp.js'
export type { ParallelOptions } from './parallel/chunks.js'
export { logProb, sample } from './parallel/evaluate.js'
export type { Threads } from './parallel/threads.js'
export { type AdamWOptions, adamW, type Optimizer } from './step/adamw.js'
export type { Stopping } from './step/stopping.js'
export { type FitResult, fit } from './train/fit.js'
export type { FitOptions, Progress } from './train/options.js'
export type { Split } from './train/split.js'
export { additive } from './transformers/additive.js'
export { type AffineOptions, affine } from './transformers/affine.js'
export { type CircularShiftOptions, circularShift } from './transformers/circular-shift.js'
export {
  exponential,
  hyperbolicTangent,
  logistic,
  sinhArcsinh,
  softplus,
  yeoJohnson,
} from './transformers/maps.js'
export { softAffine } from './transformers/soft-affine.js'
export type { TransformerSpec } from './transformers/transformer.js'
