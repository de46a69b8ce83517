// Every operation that a pass may hold, family by family; its place here is its code.

export { affineCouple, affineCoupleBackward, affineCoupleInverse, affineCoupleInverseBackward } from './couple.js'
export * from './dense.js'
export * from './elementwise.js'
export * from './gaussian.js'
export * from './leaky-relu.js'
export { add, copy, fill } from './memory.js'
export * from './narrow-coupling.js'
export * from './spread.js'
