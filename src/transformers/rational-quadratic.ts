import * as v from 'valibot'
import { UsageError } from '../errors.js'
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
import { checkSpec, echo, integer, number } from '../options.js'
import { exp, ln } from '../random/elementary.js'
import type { Transformer, TransformerSpec } from './transformer.js'

/** How fine a spline is, where it lies, and how steep it may get. */
export interface RationalQuadraticOptions {
  /** K; default 8. */
  readonly bins?: number
  /** B; default 5 with tails, π on the circle. */
  readonly box?: number
  /** m, the least share of the box that a bin is wide and high; default 10⁻³. */
  readonly minBinSize?: number
  /** ε, the least slope at an inner knot; default 10⁻³. */
  readonly minDerivative?: number
}

/**
 * Monotone rational-quadratic spline with K bins on [−B, B], the identity outside: θ holds K logits of widths, K of heights
 * and K − 1 raw slopes at the inner knots. Widths and heights are 2B·(m + (1 − K·m)·softmax), slopes ε + softplus, shifted so
 * that 0 is 1. ln|∂z/∂x| in closed form, inverse by the root of a quadratic.
 * Source: Durkan et al., Neural Spline Flows, arXiv:1906.04032 §3.1.
 */
export function rationalQuadratic(options: RationalQuadraticOptions = {}): TransformerSpec {
  return { type: 'rationalQuadratic', ...said(options) }
}

/**
 * The same on a circle: −B and B are one point with one slope, and θ has K of them. For angles in [−B, B).
 * Source: Rezende et al., Normalizing Flows on Tori and Spheres, arXiv:2002.02428 §2.1.3.
 */
export function circularRationalQuadratic(options: RationalQuadraticOptions = {}): TransformerSpec {
  return { type: 'circularRationalQuadratic', ...said(options) }
}

/** What a spec and so a model file names: not what is as it would be anyway. */
function said({ bins, box, minBinSize, minDerivative }: RationalQuadraticOptions) {
  return {
    ...(bins !== undefined && { bins }),
    ...(box !== undefined && { box }),
    ...(minBinSize !== undefined && minBinSize !== DEFAULT_MINIMUM && { minBinSize }),
    ...(minDerivative !== undefined && minDerivative !== DEFAULT_MINIMUM && { minDerivative }),
  }
}

const DEFAULT_BINS = 8
const DEFAULT_BOX = 5
const DEFAULT_MINIMUM = 1e-3
/** Of twice as many, each a default least share of the box, there would be nothing else. */
const MOST_BINS = 512

/** Below, a bin is lost in the rounding of its ends, which are float32 numbers up to B. */
const LEAST_MINIMUM = 1e-6
const minimum = number('a number from 10⁻⁶ to below 1', (share) => share >= LEAST_MINIMUM && share < 1)
/** What an option of each name may be, for whatever hands it on to splines. */
export const splineEntries = {
  bins: integer(2, MOST_BINS),
  box: number('a number above 0, at most 10⁶', (b) => b > 0 && b <= 1e6),
  minBinSize: minimum,
  minDerivative: minimum,
}

const schema = (box: number) =>
  v.strictObject({
    bins: v.optional(splineEntries.bins, DEFAULT_BINS),
    box: v.optional(splineEntries.box, box),
    minBinSize: v.optional(splineEntries.minBinSize, DEFAULT_MINIMUM),
    minDerivative: v.optional(splineEntries.minDerivative, DEFAULT_MINIMUM),
  })

/** @throws UsageError where least shares fill the box: bins would all be of one size for good. */
export function checkBinSize(
  what: string,
  { bins = DEFAULT_BINS, minBinSize = DEFAULT_MINIMUM }: Pick<RationalQuadraticOptions, 'bins' | 'minBinSize'>,
): void {
  if (bins * minBinSize < 1) return
  throw new UsageError(
    `${what}'s minBinSize is ${echo(minBinSize)} of ${bins} bins, which fills the box; expected less than 1/${bins}, or fewer bins.`,
  )
}

function settingsOf(spec: TransformerSpec, box: number): Settings {
  const settings = checkSpec(spec, schema(box))
  checkBinSize(spec.type, settings)
  return settings
}

type Settings = Required<RationalQuadraticOptions>

export function buildRationalQuadratic(spec: TransformerSpec): Transformer {
  const settings = settingsOf(spec, DEFAULT_BOX)
  return spline('Spline', settings, settings.bins - 1, {
    forward: linear,
    inverse: rationalQuadraticInverse,
    backward: rationalQuadraticBackward,
    inverseBackward: rationalQuadraticInverseBackward,
  })
}

export function buildCircularRationalQuadratic(spec: TransformerSpec): Transformer {
  const settings = settingsOf(spec, Math.PI)
  return spline('Circular Spline', settings, settings.bins, {
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
function spline(label: string, { bins, ...settings }: Settings, knots: number, operations: Operations): Transformer {
  const bounds = { ...settings, slopeShift: ln(exp(1 - settings.minDerivative) - 1) }
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
      operations.forward(pass, { ...bounds, ...named(theta), x, z, logDet, bin })
      pass.branch(bin, 'value')
      return ({ dTheta, dTo: dz, dFrom: dx, dLogDet }) =>
        operations.backward(pass, { ...bounds, ...named(theta), x, bin, dz, dLogDet, dx, ...gradients(dTheta) })
    },
    inverse(pass, { theta, from: z, to: x, logDet }) {
      const bin = pass.tape(pass.rows)
      operations.inverse(pass, { ...bounds, ...named(theta), z, x, logDet, bin })
      pass.branch(bin, 'value')
      return ({ dTheta, dTo: dx, dFrom: dz, dLogDet }) =>
        operations.inverseBackward(pass, { ...bounds, ...named(theta), x, bin, dx, dLogDet, dz, ...gradients(dTheta) })
    },
  }
}
