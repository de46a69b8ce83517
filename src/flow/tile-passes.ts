import type { Draws } from '../bases/base.js'
import { fill } from '../kernels/operations/memory.js'
import { type Call, Pass, type Pieces, type Region, type Span } from '../kernels/pass.js'
import { rewrite } from '../kernels/rewrite.js'
import type { Gradients } from '../layers/layer.js'
import type { Back } from '../nets/conditioner.js'
import { type Spans, spansOf } from '../nets/parameters.js'
import type { FlowStructure } from './structure.js'

/** Which passes a tile runs. `evaluate` keeps nothing for a way back; the others keep every cloud and tape. */
export type TileUse = 'evaluate' | 'train' | 'differentiate' | 'differentiate both ways'

/** Where the arrays of a tile lie. */
export interface TileArrays {
  /** The flow's parameters, layer after layer, then the base's. */
  readonly params: number
  readonly rows: number
  /** points[l] is the input of layer l on the data side, the last one is the noise: each [dim, rows]. */
  readonly points: readonly Span[]
  readonly context: Span | undefined
  readonly logDet: Span
  readonly logProb: Span
  readonly dLogProb: Span
  /** Gradients of two neighbouring clouds, used in turn. */
  readonly gradients: readonly [Span, Span]
  readonly normals: Span
  readonly uniforms: Span
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
  /** The gradients of the data and of logDet → that of the noise. */
  readonly inverseBackward: readonly Call[]
  /** Random numbers → noise. */
  readonly sample: readonly Call[]
  readonly pieces: { readonly forward: readonly Pieces[]; readonly inverse: readonly Pieces[] }
}

/** Writes the passes of a flow over a tile down. */
export function recordPasses(structure: FlowStructure, use: TileUse, arrays: TileArrays): TilePasses {
  const { layers, base, slots } = structure
  const { rows, points, context, logDet, logProb, dLogProb, gradients, tape, scratch } = arrays
  const pass = new Pass(rows, tape, scratch)
  const owners = [...layers, base]
  const placed = (at: number, gradient: boolean) =>
    owners.map((owner, i): Spans => spansOf(owner.parameters, at + slots[i], gradient))
  // A gradient's offsets count from where it begins: every run may have another.
  const [params, dParams] = [placed(arrays.params, false), placed(0, true)]
  const noise = points[layers.length]
  const ofLayers = layers.map((_, l) => l)

  /** Each layer's calls; what is kept for no way back lies in the same place for all. */
  function chain(direction: 'forward' | 'inverse', keep: boolean) {
    const backs: Back<Gradients>[] = []
    const calls = pass.record(() => {
      fill(pass, { value: 0, y: logDet })
      for (const l of direction === 'forward' ? ofLayers : ofLayers.toReversed()) {
        if (!keep) tape.rewind(0)
        scratch.rewind(0)
        const [from, to] = direction === 'forward' ? [points[l], points[l + 1]] : [points[l + 1], points[l]]
        backs[l] = layers[l][direction](pass, { params: params[l], from, to, logDet, context })
      }
    })
    return { backs, calls, pieces: pass.takePieces() }
  }

  function chainBack(direction: 'forward' | 'inverse', backs: readonly Back<Gradients>[]): Call[] {
    return pass.record(() => {
      for (const l of direction === 'forward' ? ofLayers.toReversed() : ofLayers) {
        scratch.rewind(0)
        const [dFrom, dTo] = [gradients[l % 2], gradients[(l + 1) % 2]]
        const ends = direction === 'forward' ? { dFrom, dTo } : { dFrom: dTo, dTo: dFrom }
        backs[l]({ dParams: dParams[l], dLogDet: dLogProb, ...ends })
      }
    })
  }

  const last = layers.length
  const differentiate = use !== 'evaluate'
  const results = [...points, logDet, logProb]
  tape.rewind(0)
  const forward = chain('forward', differentiate)
  scratch.rewind(0)
  let densityBack: ReturnType<typeof base.logProb> | undefined
  const density = pass.record(() => {
    densityBack = base.logProb(pass, { params: params[last], z: noise, logDet, logProb, context })
  })
  const densityBackward = pass.record(() => {
    if (differentiate) densityBack?.({ dParams: dParams[last], dz: gradients[last % 2], dLogProb })
  })
  const backward = differentiate ? chainBack('forward', forward.backs) : []
  tape.rewind(0)
  const inverse = use === 'train' ? undefined : chain('inverse', differentiate)
  const inverseBackward = use === 'differentiate both ways' && inverse ? chainBack('inverse', inverse.backs) : []
  tape.rewind(0)
  scratch.rewind(0)
  const draws: Draws = { params: params[last], normals: arrays.normals, uniforms: arrays.uniforms, z: noise, context }
  const sample = use === 'train' ? [] : pass.record(() => base.sample?.(pass, draws))

  const [a, b, c, d] = rewrite([forward.calls, density, densityBackward, backward], [...results, gradients[0]])
  const [e, f] = rewrite([inverse?.calls ?? [], inverseBackward], [...results, gradients[last % 2]])
  return {
    ...{ forward: a, density: b, densityBackward: c, backward: d, inverse: e, inverseBackward: f, sample },
    pieces: { forward: forward.pieces, inverse: inverse?.pieces ?? [] },
  }
}
