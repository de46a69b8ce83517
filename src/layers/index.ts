/**
 * What a layer of one's own is made of: the contract, spans, and every operation that a pass may hold
 * (docs/kernels.md lists them, with formula and operands; docs/add-a-layer.md says how to go about it).
 * @module pushforward/layers
 */
export type { Precision } from '../kernels/heap.js'
export * as operations from '../kernels/operations/index.js'
export { type Pass, part, parts, reshape, type Span } from '../kernels/pass.js'
export type { Back } from '../nets/conditioner.js'
export type { ParameterSlot, Spans, Values } from '../nets/parameters.js'
export type { RandomStream } from '../random/stream.js'
export type { Bijection, Gradients, Layer, LayerCall, LayerSpec } from './layer.js'
export { type LayerModule, registerLayers } from './modules.js'
export { type LayerBuilder, registerLayer } from './registry.js'
