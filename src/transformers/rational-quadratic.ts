import * as v from 'valibot'
import {
  circularRationalQuadratic as circular,
  circularRationalQuadraticBackward,
  circularRationalQuadraticInverse,
  circularRationalQuadraticInverseBackward,
  rationalQuadratic as linear,
  rationalQuadraticBackward,
  rationalQuadraticInverse,
  rationalQuadraticInverseBackward,
} from '../kernels/operations/index.js'
import { parts, type Span } from '../kernels/pass.js'
import { checkSpec, integer, number } from '../options.js'
import type { Transformer, TransformerSpec } from './transformer.js'

export interface RationalQuadraticOptions {
  /** K; default 8. */
  readonly bins?: number
  /** B; default 5 with tails, π on the circle. */
  readonly box?: number
}

/**
 * Monotone rational-quadratic spline with K bins on [−B, B], the identity outside: θ holds K logits of widths, K of heights
 * and K − 1 raw slopes at the inner knots. ln|∂z/∂x| in closed form, inverse by the root of a quadratic.
 * Source: Durkan et al., Neural Spline Flows, arXiv:1906.04032 §3.1.
 */
export function rationalQuadratic({ bins, box }: RationalQuadraticOptions = {}): TransformerSpec {
  return { type: 'rationalQuadratic', ...(bins !== undefined && { bins }), ...(box !== undefined && { box }) }
}

/**
 * The same on a circle: −B and B are one point with one slope, and θ has K of them. For angles in [−B, B).
 * Source: Rezende et al., Normalizing Flows on Tori and Spheres, arXiv:2002.02428 §2.1.3.
 */
export function circularRationalQuadratic({ bins, box }: RationalQuadraticOptions = {}): TransformerSpec {
  return { type: 'circularRationalQuadratic', ...(bins !== undefined && { bins }), ...(box !== undefined && { box }) }
}

const DEFAULT_BOX = 5
/** A bin's least share is 10⁻³ of the box: of so many there would be nothing else. */
const MOST_BINS = 512

const schema = (box: number) =>
  v.strictObject({
    bins: v.optional(integer(2, MOST_BINS), 8),
    box: v.optional(
      number('a number above 0, at most 10⁶', (b) => b > 0 && b <= 1e6),
      box,
    ),
  })

export function buildRationalQuadratic(spec: TransformerSpec): Transformer {
  const { bins, box } = checkSpec(spec, schema(DEFAULT_BOX))
  return spline('Spline', bins, bins - 1, box, {
    forward: linear,
    inverse: rationalQuadraticInverse,
    backward: rationalQuadraticBackward,
    inverseBackward: rationalQuadraticInverseBackward,
  })
}

export function buildCircularRationalQuadratic(spec: TransformerSpec): Transformer {
  const { bins, box } = checkSpec(spec, schema(Math.PI))
  return spline('Circular Spline', bins, bins, box, {
    forward: circular,
    inverse: circularRationalQuadraticInverse,
    backward: circularRationalQuadraticBackward,
    inverseBackward: circularRationalQuadraticInverseBackward,
  })
}

interface Operations {
  readonly forward: typeof linear
  readonly inverse: typeof rationalQuadraticInverse
  readonly backward: typeof rationalQuadraticBackward
  readonly inverseBackward: typeof rationalQuadraticInverseBackward
}

/** The derivation of the ways back stands beside their reference kernels. */
function spline(label: string, bins: number, knots: number, box: number, operations: Operations): Transformer {
  const named = (theta: Span) => ({
    widths: parts(theta, 0, bins),
    heights: parts(theta, bins, bins),
    slopes: parts(theta, 2 * bins, knots),
  })
  const gradients = (dTheta: Span) => {
    const { widths: dWidths, heights: dHeights, slopes: dSlopes } = named(dTheta)
    return { dWidths, dHeights, dSlopes }
  }
  return {
    label,
    numbers: 2 * bins + knots,
    parameters: [],
    initialise() {},
    forward(pass, { theta, from: x, to: z, logDet }) {
      const bin = pass.tape(pass.rows)
      operations.forward(pass, { box, ...named(theta), x, z, logDet, bin })
      pass.branch(bin, 'value')
      return ({ dTheta, dTo: dz, dFrom: dx, dLogDet }) =>
        operations.backward(pass, { box, ...named(theta), x, bin, dz, dLogDet, dx, ...gradients(dTheta) })
    },
    inverse(pass, { theta, from: z, to: x, logDet }) {
      const bin = pass.tape(pass.rows)
      operations.inverse(pass, { box, ...named(theta), z, x, logDet, bin })
      pass.branch(bin, 'value')
      return ({ dTheta, dTo: dx, dFrom: dz, dLogDet }) =>
        operations.inverseBackward(pass, { box, ...named(theta), x, bin, dx, dLogDet, dz, ...gradients(dTheta) })
    },
  }
}
