import * as v from 'valibot'
import { mapBackward, mapInverseBackward } from '../kernels/operations/map-backward.js'
import { copy } from '../kernels/operations/memory.js'
import { quantileSpline, quantileSplineInverse } from '../kernels/operations/quantile-spline.js'
import { type Pass, part } from '../kernels/pass.js'
import type { Back } from '../nets/conditioner.js'
import type { Values } from '../nets/parameters.js'
import { checkSpec, integer, oneOf } from '../options.js'
import { logSlopes, quantileKnots } from '../random/quantile-knots.js'
import { allColumns, checkColumns, columnNumbers } from './columns.js'
import type { Gradients, Layer, LayerCall, LayerSpec } from './layer.js'

/** Which columns a layer makes about normal, and by how many knots. */
export interface GaussianiseOptions {
  /** Knots of a column at most, fewer where rows are few; default 32. */
  readonly knots?: number
  /** Which columns are transformed; default all. */
  readonly columns?: readonly number[]
  /** How the map goes on beyond the outer knots; default 'linear'. */
  readonly tails?: 'linear'
}

/**
 * Marginal Gaussianisation: each column by a fixed monotone spline through its quantiles, so that it is about normal.
 *
 * The first fit sets the knots by up to 4096 training rows that reach the layer: x_k values of rows, z_k = Φ⁻¹(p_k) with
 * p_k the share of rows below. Between knots, with w and h a bin's sides, s = h/w, ξ = (x − x_k)/w and η = 1 − ξ,
 * z = z_k + h(sξ² + d_kξη)/(s + (d_k + d_(k+1) − 2s)ξη), whose slope s²(d_(k+1)ξ² + 2sξη + d_kη²)/(s + …)² is d_k at x_k: C¹,
 * and monotone for any d > 0, which are harmonic means of the neighbouring s. Beyond the outer knots a line goes on with
 * their slope. ln|det ∂z/∂x| is the sum of ln slopes. No parameters: nothing of it is trained, a later fit keeps it, and
 * before the first it is the identity, as it stays for a column of one value.
 *
 * Sources: Chen & Gopinath, Gaussianization, NIPS 2000; Gregory & Delbourgo, IMA J. Numer. Anal. 2 (1982); Fritsch &
 * Butland, SIAM J. Sci. Stat. Comput. 5 (1984).
 */
export function gaussianise(options: GaussianiseOptions = {}): LayerSpec {
  return { type: 'gaussianise', ...options }
}

/** The kernels look through all knots for a row's bin. */
const MOST_KNOTS = 64

const schema = v.strictObject({
  knots: v.optional(integer(2, MOST_KNOTS), 32),
  columns: v.optional(columnNumbers),
  tails: v.optional(oneOf(['linear']), 'linear'),
})

/** @throws UsageError where an option is not usable. */
export function buildGaussianise(spec: LayerSpec, dim: number): Layer {
  const { knots, columns = allColumns(dim) } = checkSpec(spec, schema)
  checkColumns('gaussianise', columns, dim)
  const others = allColumns(dim).filter((j) => !columns.includes(j))
  const way =
    (direction: 'forward' | 'inverse') =>
    (pass: Pass, { state, from, to, logDet }: LayerCall): Back<Gradients> => {
      for (const j of others) copy(pass, { x: part(from, j), y: part(to, j) })
      const kept = columns.map((j, c) => {
        const [slope, bend, bin] = [pass.tape(pass.rows), pass.tape(pass.rows), pass.tape(pass.rows)]
        const own = { xs: part(state.x, c), zs: part(state.z, c), logSlopes: part(state.logSlope, c) }
        const call = { ...own, logDet, slope, bend, bin }
        if (direction === 'forward') quantileSpline(pass, { ...call, x: part(from, j), z: part(to, j) })
        else quantileSplineInverse(pass, { ...call, z: part(from, j), x: part(to, j) })
        pass.branch(bin, 'value')
        return { slope, bend }
      })
      /**
       * z = f(x), logDet += ln f′: dx = dz f′ + dLogDet ∂ln f′/∂x. The other way, logDet −= ln f′(x):
       * dz = (dx − dLogDet ∂ln f′/∂x) / f′. Knots have no gradient.
       */
      return ({ dTo, dFrom, dLogDet }) => {
        for (const j of others) copy(pass, { x: part(dTo, j), y: part(dFrom, j) })
        for (const [c, j] of columns.entries()) {
          const [dOut, dIn] = [part(dTo, j), part(dFrom, j)]
          if (direction === 'forward') mapBackward(pass, { ...kept[c], dz: dOut, dLogDet, dx: dIn })
          else mapInverseBackward(pass, { ...kept[c], dx: dOut, dLogDet, dz: dIn })
        }
      }
    }
  const shape = [columns.length, knots]
  return {
    spec,
    label: 'Gaussianisation',
    parameters: [],
    state: [
      { name: 'settled', shape: [1] },
      { name: 'x', shape },
      { name: 'z', shape },
      { name: 'logSlope', shape },
    ],
    initialise() {},
    settle(rows, _, state) {
      if (state.settled[0] !== 0) return
      for (const [c, j] of columns.entries()) settleColumn(columnOf(rows, dim, j), c, knots, state)
      state.settled[0] = 1
    },
    forward: way('forward'),
    inverse: way('inverse'),
  }
}

const columnOf = (rows: Float64Array, dim: number, j: number): Float64Array => rows.filter((_, i) => i % dim === j)

/**
 * Writes column c's knots, the last one again and again where there are fewer than `knots`: no row lies between knots
 * that are one. Without any they stay 0, which is the identity by the two tails of one knot at 0 with slope e⁰.
 */
function settleColumn(column: Float64Array, c: number, knots: number, { x, z, logSlope }: Values): void {
  const fitted = quantileKnots(column.sort(), knots)
  const own = { x: fitted.x, z: fitted.z, logSlope: logSlopes(fitted) }
  for (const [name, target] of Object.entries({ x, z, logSlope })) {
    const values = own[name as keyof typeof own]
    for (let k = 0; k < knots; k++) target[c * knots + k] = values[Math.min(k, values.length - 1)] ?? 0
  }
}
