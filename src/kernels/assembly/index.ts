// The SIMD kernels: those of operations, exported under their names with counts and operands as arguments in the order of
// their declarations, what runs recorded calls of them, and those of ../kernels.ts that are called outside of passes. Element
// offsets and counts go in, so that the instance's exports are the kernels and nothing is converted on the way.
// Plain SIMD128 only, no data segment, no imports but the memory: equal bits on every engine.
export * from './operations.generated'
export { sum } from './memory'
export { gather, scatter } from './rows'
export { standardise, standardiseDoubles, destandardise, shift } from './standardise'
export { sincos } from './elementwise'
export { philox, normal, uniform } from './random'
export { adamw } from './adamw'
export { dot, squares, addScaled, approach } from './training'
