import { mapBackward, mapInverseBackward, numberBackward, numberInverseBackward } from '../kernels/operations/index.js'
import { type Pass, part, type Span } from '../kernels/pass.js'
import type { Transformer, TransformerCall } from './transformer.js'

/** What a map writes down beside its result, for the ways back that all maps share. */
export interface MapCall {
  /** The numbers of the rows, each [rows]. */
  readonly theta: readonly Span[]
  readonly from: Span
  readonly to: Span
  readonly logDet: Span
  /** slope = f′(x) and bend = ∂ln f′/∂x */
  readonly slope: Span
  readonly bend: Span
  /** Of each number θ: f_θ = ∂f/∂θ and g_θ = ∂ln f′/∂θ. */
  readonly f: readonly Span[]
  readonly g: readonly Span[]
}

type Way = (pass: Pass, call: MapCall) => void

/** A transformer of operations that write their derivatives at x, whichever way they go. */
export function mapTransformer(label: string, numbers: number, forward: Way, inverse: Way): Transformer {
  function write(way: Way, pass: Pass, { theta, from, to, logDet }: TransformerCall) {
    const rows = () => pass.tape(pass.rows)
    const each = Array.from({ length: numbers }, (_, p) => ({ theta: part(theta, p), f: rows(), g: rows() }))
    const [slope, bend] = [rows(), rows()]
    const call = { theta: each.map((it) => it.theta), f: each.map((it) => it.f), g: each.map((it) => it.g) }
    way(pass, { ...call, from, to, logDet, slope, bend })
    return { ...call, slope, bend }
  }
  return {
    label,
    numbers,
    parameters: [],
    initialise() {},
    forward(pass, call) {
      const { f, g, slope, bend } = write(forward, pass, call)
      /**
       * z = f(x; θ), logDet += ln f′:
       *   dx = dz f′ + dLogDet ∂ln f′/∂x
       *   dθ = dz ∂f/∂θ + dLogDet ∂ln f′/∂θ
       */
      return ({ dTo: dz, dFrom: dx, dLogDet, dTheta }) => {
        for (const [p, fTheta] of f.entries()) {
          numberBackward(pass, { fTheta, gTheta: g[p], dz, dLogDet, dTheta: part(dTheta, p) })
        }
        mapBackward(pass, { slope, bend, dz, dLogDet, dx })
      }
    },
    inverse(pass, call) {
      const { f, g, slope, bend } = write(inverse, pass, call)
      /**
       * x with f(x; θ) = z, logDet −= ln f′(x), by the implicit function theorem:
       *   dz = (dx − dLogDet ∂ln f′/∂x) / f′
       *   dθ = −dz ∂f/∂θ − dLogDet ∂ln f′/∂θ
       */
      return ({ dTo: dx, dFrom: dz, dLogDet, dTheta }) => {
        mapInverseBackward(pass, { slope, bend, dx, dLogDet, dz })
        for (const [p, fTheta] of f.entries()) {
          numberInverseBackward(pass, { fTheta, gTheta: g[p], dz, dLogDet, dTheta: part(dTheta, p) })
        }
      }
    },
  }
}
