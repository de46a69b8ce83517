import { subtract } from '../kernels/operations/activations.js'
import { fill } from '../kernels/operations/memory.js'
import { type Call, Pass, type Pieces, type Region, type Span } from '../kernels/pass.js'
import { rewrite } from '../kernels/rewrite.js'
import type { Gradients } from '../layers/layer.js'
import type { Back } from '../nets/conditioner.js'
import { type Spans, spansOf } from '../nets/parameters.js'
import type { FlowStructure } from './structure.js'

/**
 * Which passes a tile runs. `evaluate` keeps nothing for a way back; the others keep every cloud and tape. `train` goes from
 * data to noise alone, `train from noise` the other way alone.
 */
export type TileUse = 'evaluate' | 'train' | 'train from noise' | 'differentiate' | 'differentiate both ways'

/** Where the arrays of a tile lie. */
export interface TileArrays {
  /** The flow's numbers: parameters, layer after layer, the base's, the embedding's, then the state of layers and base. */
  readonly params: number
  readonly rows: number
  /** points[l] is the input of layer l on the data side, the last one is the noise: each [dim, rows]. */
  readonly points: readonly Span[]
  readonly context: Span | undefined
  /** What layers see of the context where that is not the context itself. */
  readonly embedded: Span | undefined
  /** The gradient of what layers see of the context, where it is asked for. */
  readonly dContext: Span | undefined
  readonly logDet: Span
  readonly logProb: Span
  readonly dLogProb: Span
  /** Gradients of two neighbouring clouds, used in turn. */
  readonly gradients: readonly [Span, Span]
  readonly normals: Span
  readonly uniforms: Span
  /** In `heap.i32`: what addresses the random numbers of a pass. */
  readonly key: number
  readonly tape: Region
  readonly scratch: Region
}

/** The calls of every pass that a tile may run, and which arrays tell a row's branch. */
export interface TilePasses {
  /** data → noise and logDet. */
  readonly forward: readonly Call[]
  /** noise, logDet → logProb. */
  readonly density: readonly Call[]
  /** dLogProb → the gradient of the noise. */
  readonly densityBackward: readonly Call[]
  /** The gradients of the noise and of logDet, which is dLogProb → that of the data. */
  readonly backward: readonly Call[]
  /** noise → data and logDet. */
  readonly inverse: readonly Call[]
  /** noise, logDet of the inverse → logProb, that of the data; to train from noise. */
  readonly inverseDensity: readonly Call[]
  /** The gradients of the data and of logDet → that of the noise. */
  readonly inverseBackward: readonly Call[]
  /** Random numbers → noise. */
  readonly sample: readonly Call[]
  readonly pieces: { readonly forward: readonly Pieces[]; readonly inverse: readonly Pieces[] }
}

type Direction = 'forward' | 'inverse'

/** Writes the passes of a flow over a tile down. */
export function recordPasses(structure: FlowStructure, use: TileUse, arrays: TileArrays): TilePasses {
  const { base, layers } = structure
  const { points, logDet, logProb, dLogProb, gradients, tape, scratch } = arrays
  const recorder = chainRecorder(structure, arrays, use !== 'evaluate')
  const { pass, params, dParams, state, seen } = recorder
  const last = layers.length
  const noise = points[last]
  const fromNoise = use === 'train from noise'
  const differentiate = use !== 'evaluate' && !fromNoise

  tape.rewind(0)
  const forward = fromNoise ? undefined : recorder.there('forward')
  scratch.rewind(0)
  let densityBack: ReturnType<typeof base.logProb> | undefined
  const density = pass.record(() => {
    if (!forward) return
    const call = { params: params[last], state: state[last], z: noise, logDet, logProb, context: seen }
    densityBack = base.logProb(pass, call)
  })
  const densityBackward = pass.record(() => {
    if (!differentiate) return
    if (arrays.dContext) fill(pass, { value: 0, y: arrays.dContext })
    densityBack?.({ dParams: dParams[last], dz: gradients[last % 2], dLogProb, dContext: arrays.dContext })
  })
  const backward = differentiate && forward ? recorder.back('forward', forward) : []
  tape.rewind(0)
  const inverse = use === 'train' ? undefined : recorder.there('inverse')
  const inverseDensity = fromNoise ? recorder.inverseDensity() : []
  const both = fromNoise || use === 'differentiate both ways'
  const inverseBackward = both && inverse ? recorder.back('inverse', inverse) : []
  const sample = use === 'train' || !base.sample ? [] : recorder.draws()

  const results = [...points, logDet, logProb, ...(arrays.dContext ? [arrays.dContext] : [])]
  const there = [forward?.calls ?? [], density, densityBackward, backward]
  const [a, b, c, d] = rewrite(there, [...results, gradients[0]])
  const from = [inverse?.calls ?? [], inverseDensity, inverseBackward]
  const [e, f, g] = rewrite(from, [...results, gradients[last % 2]])
  return {
    ...{ forward: a, density: b, densityBackward: c, backward: d, sample },
    ...{ inverse: e, inverseDensity: f, inverseBackward: g },
    pieces: { forward: forward?.pieces ?? [], inverse: inverse?.pieces ?? [] },
  }
}

/** The way there of all layers, as calls, and what is needed for the way back. */
interface Chain {
  readonly calls: Call[]
  readonly pieces: readonly Pieces[]
  readonly backs: readonly Back<Gradients>[]
  readonly embeddingBack: ReturnType<NonNullable<FlowStructure['embedding']>['net']['forward']> | undefined
}

function chainRecorder(structure: FlowStructure, arrays: TileArrays, keep: boolean) {
  const { layers, base, embedding, slots, stateSlots, contextDim } = structure
  const { rows, points, context, embedded, logDet, dLogProb, gradients, tape, scratch, dContext } = arrays
  const pass = new Pass(rows, tape, scratch, arrays.key)
  const owners = [...layers, base, ...(embedding ? [embedding.net] : [])]
  const placed = (at: number, gradient: boolean) =>
    owners.map((owner, i): Spans => spansOf(owner.parameters, at + slots[i], gradient))
  // A gradient's offsets count from where it begins: every run may have another.
  const [params, dParams] = [placed(arrays.params, false), placed(0, true)]
  const state = [...layers, base].map(({ state }, i) => spansOf(state ?? [], arrays.params + stateSlots[i], false))
  const seen = embedded ?? context
  const inOrder = (direction: Direction) => {
    const all = layers.map((_, l) => l)
    return direction === 'forward' ? all : all.reverse()
  }

  function embed() {
    if (!embedding || !context || !embedded) return undefined
    return embedding.net.forward(pass, { params: params[owners.length - 1], x: context, y: embedded })
  }

  /** Each layer's calls; what is kept for no way back lies in the same place for all. */
  function there(direction: Direction): Chain {
    const backs: Back<Gradients>[] = []
    let embeddingBack: Chain['embeddingBack']
    const calls = pass.record(() => {
      embeddingBack = embed()
      fill(pass, { value: 0, y: logDet })
      for (const l of inOrder(direction)) {
        if (!keep) tape.rewind(0)
        scratch.rewind(0)
        const [from, to] = direction === 'forward' ? [points[l], points[l + 1]] : [points[l + 1], points[l]]
        backs[l] = layers[l][direction](pass, { params: params[l], state: state[l], from, to, logDet, context: seen })
      }
    })
    return { backs, calls, pieces: pass.takePieces(), embeddingBack }
  }

  function back(direction: Direction, { backs, embeddingBack }: Chain): Call[] {
    return pass.record(() => {
      // On the way of a density, the base has begun with it.
      if (dContext && direction === 'inverse') fill(pass, { value: 0, y: dContext })
      for (const l of inOrder(direction).reverse()) {
        scratch.rewind(0)
        const [dFrom, dTo] = [gradients[l % 2], gradients[(l + 1) % 2]]
        const ends = direction === 'forward' ? { dFrom, dTo } : { dFrom: dTo, dTo: dFrom }
        backs[l]({ dParams: dParams[l], dLogDet: dLogProb, dContext, ...ends })
      }
      if (!embeddingBack || !dContext) return
      scratch.rewind(0)
      const dx = pass.scratch(contextDim, rows)
      embeddingBack({ dParams: dParams[owners.length - 1], dy: dContext, dx })
    })
  }

  /** ln p = ln p_base(noise) − logDet of the inverse. */
  function inverseDensity(): Call[] {
    scratch.rewind(0)
    const last = layers.length
    return pass.record(() => {
      const minus = pass.scratch(rows)
      fill(pass, { value: 0, y: minus })
      subtract(pass, { x: logDet, y: minus })
      const numbers = { params: params[last], state: state[last], context: seen }
      base.logProb(pass, { ...numbers, z: points[last], logDet: minus, logProb: arrays.logProb })
    })
  }

  function draws(): Call[] {
    tape.rewind(0)
    scratch.rewind(0)
    const { normals, uniforms } = arrays
    const last = layers.length
    return pass.record(() => {
      embed()
      const numbers = { params: params[last], state: state[last], context: seen }
      base.sample?.(pass, { ...numbers, normals, uniforms, z: points[last] })
    })
  }
  return { pass, params, dParams, state, seen, there, back, inverseDensity, draws }
}
