import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { fill } from '../kernels/operations/memory.js'
import { uniformBox as boxDensity, uniformBoxInverse } from '../kernels/operations/uniform-box.js'
import { checkSpec, echo } from '../options.js'
import type { Base, BaseSpec } from './base.js'
import { columns, columnwise, LOCATION, perColumn } from './columns.js'

/** The corners of a box, in the units that the flow sees. */
export interface UniformBoxOptions {
  /** One bound for all columns or one for each; default −1. */
  readonly low?: number | readonly number[]
  /** Likewise; default 1. */
  readonly high?: number | readonly number[]
}

/**
 * The uniform distribution on a box, in standardised units: ln p(z) = −Σⱼ ln(highⱼ − lowⱼ), in nats, where low ≤ z ≤ high in
 * every coordinate, else −∞; the gradient is 0. Bounds are fixed: the likelihood has no gradient by them. Meant for layers that
 * map onto the box: a single row of training outside of it makes the loss infinite. A sample is low + u(high − low) of dim
 * uniform numbers u, and no temperature changes it.
 *
 * @throws UsageError, when a flow is made of it, where a low is not below its high in float32.
 */
export function uniformBox(options: UniformBoxOptions = {}): BaseSpec {
  return { type: 'uniformBox', ...options }
}

const schema = v.strictObject({
  low: v.optional(columnwise(LOCATION), -1),
  high: v.optional(columnwise(LOCATION), 1),
})

/** State: low [dim], high [dim]. */
export function buildUniformBox(spec: BaseSpec, dim: number): Base {
  const { low: lows, high: highs } = checkSpec(spec, schema)
  const [low, high] = [perColumn(spec.type, 'low', lows, dim), perColumn(spec.type, 'high', highs, dim)]
  const different = typeof lows === 'number' && typeof highs === 'number' ? 1 : dim
  const empty = (_: unknown, j: number) => !(Math.fround(low(j)) < Math.fround(high(j)))
  if (Array.from({ length: different }, empty).includes(true)) {
    throw new UsageError(`uniformBox goes from ${echo(lows)} to ${echo(highs)}; expected low below high, by columns.`)
  }
  return {
    spec,
    parameters: [],
    state: [
      { name: 'low', shape: [dim] },
      { name: 'high', shape: [dim] },
    ],
    initialise(_values, _stream, state) {
      state.low.set(columns(dim, low))
      state.high.set(columns(dim, high))
    },
    logProb(pass, { state, z, logDet, logProb }) {
      boxDensity(pass, { z, low: state.low, high: state.high, logDet, logProb })
      return ({ dz }) => fill(pass, { value: 0, y: dz })
    },
    normals: 0,
    uniforms: dim,
    sample: (pass, { state, uniforms, z }) =>
      uniformBoxInverse(pass, { uniforms, low: state.low, high: state.high, z }),
  }
}
