// The SIMD kernels of ../kernels.ts, exported under the contract's names and with its arguments: element offsets and
// counts, so that the instance's exports are the kernels and nothing is converted on the way in.
// Plain SIMD128 only, no data segment, no imports but the memory: equal bits on every engine.
export { fill, copy, add, sum } from './memory'
export { gather, scatter } from './rows'
export { standardise, standardiseDoubles, destandardise, shift } from './standardise'
export { exp, log, sincos, tanh, tanhBackward, relu, reluBackward } from './elementwise'
export { dense, denseInputGradient } from './dense'
export { denseWeightGradient } from './weight-gradient'
export { leakyReLU, leakyReLUInverse, leakyReLUBackward, leakyReLUInverseBackward } from './leaky-relu'
export { affineCouple, affineCoupleInverse, affineCoupleBackward, affineCoupleInverseBackward } from './couple'
export { narrowCoupling, leakyNarrowCoupling, narrowCouplingInverse } from './narrow-coupling'
export { narrowCouplingBackward, leakyNarrowCouplingBackward } from './narrow-coupling-backward'
export { gaussian, gaussianBackward } from './gaussian'
export { philox, normal } from './random'
export { adamw } from './adamw'
export { run } from './run'
