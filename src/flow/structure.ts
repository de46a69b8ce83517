import type { Base, BaseSpec } from '../bases/base.js'
import { buildBase } from '../bases/registry.js'
import { UsageError } from '../errors.js'
import type { Precision } from '../kernels/heap.js'
import { Pass, Region, type Span } from '../kernels/pass.js'
import type { Layer, LayerSpec } from '../layers/layer.js'
import { buildLayer } from '../layers/registry.js'
import { buildEmbedding, type Embedding, type EmbeddingSpec } from '../nets/embedding.js'
import { type ParameterSlot, parameterCount, prefixed, spansOf } from '../nets/parameters.js'

/** A flow as JSON: everything but its numbers. Layers run data → noise. */
export interface FlowDescription {
  readonly dim: number
  readonly contextDim: number
  readonly layers: readonly LayerSpec[]
  readonly base: BaseSpec
  /** The net that the context passes first, and how wide its output is. */
  readonly embedding?: EmbeddingSpec
  readonly precision: Precision
}

/** A description with its layers built, and where each one's parameters lie in the flat parameter array. */
export interface FlowParts {
  readonly description: FlowDescription
  readonly dim: number
  readonly contextDim: number
  /** Numbers of a row with its context behind it, dim + contextDim. */
  readonly width: number
  readonly layers: readonly Layer[]
  /** First parameter of each layer, and then of the base. */
  readonly slots: readonly number[]
  readonly parameterCount: number
  /** First number of the state of each layer, and then of the base, behind the parameters. */
  readonly stateSlots: readonly number[]
  /** Of all that a flow keeps in numbers. */
  readonly numberCount: number
  /** The net that the context passes before layers and base see it, where there is one. */
  readonly embedding: Embedding | undefined
  readonly base: Base
}

/** And how many rows pass through them at a time. */
export interface FlowStructure extends FlowParts {
  /** Rows of a training tile: a power of two, from the model alone. */
  readonly tileRows: number
  /** Of one of many rows, at most, likewise. */
  readonly mostTileRows: number
  /** Rows of a tile that nothing is differentiated after, likewise. */
  readonly evaluationTileRows: number
}

/**
 * A training tile's activations should stay in a core's first two cache levels, and make enough tiles of few rows; of
 * many rows a narrow net has larger ones, for what a kernel takes whatever its rows.
 */
const TILE = { bytes: 384 * 1024, min: 64, max: 128 }
const TILE_OF_MANY = { ...TILE, max: 512 }
/** So many rows a tile of many may have even beyond that: what a kernel takes is worth more than the second level. */
const LARGE_TILE = { bytes: 768 * 1024, rows: 256 }

/**
 * An evaluation's activations, those of one layer, should stay about in the first, but rows make up for what a pass costs
 * whatever their number. In any case in the second; and what kernels revisit in the first, beside its weights.
 */
const EVALUATION = {
  layer: { bytes: 40 * 1024, min: 256, max: 512 },
  atMost: { bytes: 384 * 1024, min: 16, max: 512 },
  revisited: { bytes: 16 * 1024, min: 16, max: 512 },
}

/**
 * Arrays of so many rows, a power of two, begin at the same few places of a cache and drive each other out; a line less,
 * and they do not.
 */
const MANY_ROWS = 64
/** Numbers in a line of the cache. */
const LINE_ROWS = 16

/** With a gradient and two moments each, in float32, they fill a memory of 32-bit addresses. */
const MOST_PARAMETERS = 2 ** 28

/**
 * Builds the layers of a description, and takes no memory for their numbers.
 * @throws UsageError where a dimension, a layer or one of its options cannot be used.
 */
export function buildParts(description: FlowDescription): FlowParts {
  const { dim, contextDim } = description
  if (!Number.isInteger(dim) || dim < 1) throw new UsageError(`A flow's dimension is ${dim}; expected an integer ≥ 1.`)
  if (!Number.isInteger(contextDim) || contextDim < 0) {
    throw new UsageError(`A flow's context is ${contextDim}; expected how many columns it has, an integer ≥ 0.`)
  }
  const embedding = description.embedding === undefined ? undefined : buildEmbedding(description.embedding, contextDim)
  const seen = embedding?.outputs ?? contextDim
  const layers = description.layers.map((spec) => buildLayer(spec, dim, seen))
  const base = buildBase(description.base, dim, seen)
  const owners = [...layers, base, ...(embedding ? [embedding.net] : [])]
  const slots: number[] = []
  let total = 0
  for (const { parameters } of owners) {
    slots.push(total)
    total += parameterCount(parameters)
  }
  const stateSlots: number[] = []
  let numberCount = total
  for (const { state = [] } of [...layers, base]) {
    stateSlots.push(numberCount)
    numberCount += parameterCount(state)
  }
  if (numberCount > MOST_PARAMETERS) {
    throw new UsageError(
      `This flow would have ${numberCount} parameters; expected at most ${MOST_PARAMETERS}: take narrower hidden layers, or fewer.`,
    )
  }
  return {
    description,
    dim,
    contextDim,
    width: dim + contextDim,
    layers,
    slots,
    parameterCount: total,
    stateSlots,
    numberCount,
    embedding,
    base,
  }
}

/**
 * Builds the layers of a description and records a pass of each, to see how many rows are best.
 * @throws UsageError as `buildParts`.
 */
export function buildStructure(description: FlowDescription): FlowStructure {
  const parts = buildParts(description)
  const { dim, contextDim, layers, base, embedding } = parts
  const seen = embedding?.outputs ?? contextDim
  const demands = layers.map((layer) => demandOf(layer, dim, seen))
  const activations = dim + contextDim + sum(demands.map(({ tape }) => dim + tape)) + baseTape(base, dim, seen)
  return {
    ...parts,
    tileRows: tileRows(TILE, activations),
    mostTileRows: mostTileRows(activations),
    evaluationTileRows: evaluationTileRows(dim, demands),
  }
}

/** What a row of a layer's pass takes. */
interface Demand {
  /** Numbers that are kept for the way back. */
  readonly tape: number
  /** Numbers that one kernel goes through time and again, which should stay in a core's first cache. */
  readonly revisited: number
}

/** `dense` computes two outputs at a time: with as many as this it goes through its inputs so often that a cache counts. */
const MANY_OUTPUTS = 16

/** What a part with numbers of its own works on, in a tile of one row that lies nowhere. */
const ofOneRow = (part: Pick<Layer, 'parameters' | 'state'>, contextDim: number) => ({
  params: spansOf(part.parameters, 0, false),
  state: spansOf(part.state ?? [], 0, false),
  logDet: { at: 0, shape: [1] },
  ...(contextDim > 0 && { context: { at: 0, shape: [contextDim, 1] } }),
})

/** By what the layer writes down for a tile of one row. */
function demandOf(layer: Layer, dim: number, contextDim: number): Demand {
  const tape = new Region(0)
  const pass = new Pass(1, tape, new Region(0))
  const cloud: Span = { at: 0, shape: [dim, 1] }
  const calls = pass.record(() => layer.forward(pass, { ...ofOneRow(layer, contextDim), from: cloud, to: cloud }))
  const many = calls.filter(({ operation, counts }) => operation.id === 'dense' && counts.outDim >= MANY_OUTPUTS)
  return { tape: tape.numbers, revisited: largest(many.map(({ counts }) => counts.inDim)) }
}

/** Numbers of a row that the base keeps for the way back. */
function baseTape(base: Base, dim: number, contextDim: number): number {
  const tape = new Region(0)
  const [z, logProb] = [
    { at: 0, shape: [dim, 1] },
    { at: 0, shape: [1] },
  ]
  base.logProb(new Pass(1, tape, new Region(0)), { ...ofOneRow(base, contextDim), z, logProb })
  return tape.numbers
}

function mostTileRows(activations: number): number {
  const rows = tileRows(TILE_OF_MANY, activations)
  return 4 * activations * LARGE_TILE.rows <= LARGE_TILE.bytes ? Math.max(rows, LARGE_TILE.rows) : rows
}

function evaluationTileRows(dim: number, demands: readonly Demand[]): number {
  const ofLayer = 2 * dim + largest(demands.map(({ tape }) => tape))
  const revisited = largest(demands.map((demand) => demand.revisited))
  const rows = Math.min(
    tileRows(EVALUATION.layer, ofLayer),
    tileRows(EVALUATION.atMost, ofLayer),
    tileRows(EVALUATION.revisited, revisited),
  )
  return rows < MANY_ROWS ? rows : rows - LINE_ROWS
}

/** The largest of sizes, of however many layers: Math.max takes some ten thousands of arguments. */
export function largest(sizes: readonly number[]): number {
  return sizes.reduce((most, size) => Math.max(most, size), 0)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** The most rows, doubling, whose `numbers` each are within the bytes. */
function tileRows({ bytes, min, max }: { bytes: number; min: number; max: number }, numbers: number): number {
  let rows = max
  while (rows > min && 4 * numbers * rows > bytes) rows /= 2
  return rows
}

/** Every slot of parameters, and then of state, with the name it carries in a model file, in storage order. */
export function namedSlots({ layers, base, embedding }: FlowParts): ParameterSlot[] {
  return [
    ...layers.flatMap(({ parameters }, i) => prefixed(`layers.${i}`, parameters)),
    ...prefixed('base', base.parameters),
    ...prefixed('embedding', embedding?.net.parameters ?? []),
    ...layers.flatMap(({ state = [] }, i) => prefixed(`layers.${i}`, state)),
    ...prefixed('base', base.state ?? []),
  ]
}
