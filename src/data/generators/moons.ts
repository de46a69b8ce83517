import type { NdArray } from 'ndarray'
import { UsageError } from '../../errors.js'
import { cosTurn, sinTurn } from '../../random/elementary.js'
import { noisyCurves } from './curve.js'
import { COLUMNS, type Draw, drawPoints, type Generator, type GeneratorOptions, type Point } from './generator.js'
import { entropyOverPlane } from './plane.js'

/** Which rows are drawn of moons of what thickness. */
export interface MoonsOptions extends GeneratorOptions {
  /** Standard deviation of the noise about the arcs; default 0.1. */
  noise?: number
}

const NAME = 'moons'
const NOISE = 0.1
/** Without noise there is no density; below this the quadrature over the plane takes longer than seconds. */
const LEAST_NOISE = 0.01

const ARCS: readonly ((t: number) => Point)[] = [
  (t) => [cosTurn(t), sinTurn(t)],
  (t) => [1 - cosTurn(t), 0.5 - sinTurn(t)],
]
/** From and to where the arcs reach in x1 and in x2. */
const REACH = [
  [-1, 2],
  [-0.5, 1],
] as const

/**
 * The two moons of scikit-learn's make_moons, with uniform angles, for some noise.
 *
 * Throws UsageError unless the noise is a finite number ≥ 0.01.
 */
export function moonsGenerator({ noise = NOISE }: Pick<MoonsOptions, 'noise'> = {}): Generator {
  const draw = drawMoons(noise)
  // t in turns, up to half of one.
  const curves = ARCS.map((at) => ({ from: 0, to: 0.5, at, density: () => 1, speed: () => 2 * Math.PI }))
  const logProb = noisyCurves(curves, noise)
  let entropy: number | undefined
  return {
    name: NAME,
    columns: COLUMNS,
    get entropy() {
      entropy ??= entropyOverPlane(logProb, REACH, noise)
      return entropy
    },
    generate: (n, options) => drawPoints(NAME, draw, n, options),
    logProb,
  }
}

function drawMoons(noise: number): Draw {
  if (!(Number.isFinite(noise) && noise >= LEAST_NOISE)) {
    throw new UsageError(`The noise of ${NAME} is ${String(noise)}; expected a number ≥ ${LEAST_NOISE}.`)
  }
  return (stream) => {
    const [x1, x2] = ARCS[stream.integer(2)](stream.uniform() / 2)
    return [x1 + noise * stream.normal(), x2 + noise * stream.normal()]
  }
}

/**
 * n points [n, 2] of the arcs (cos t, sin t) and (1 − cos t, ½ − sin t), t uniform on [0, π], with noise added; see
 * Generator.generate, and moonsGenerator for density and entropy.
 *
 * Throws UsageError unless the noise is a finite number ≥ 0.01.
 */
export function moons(n: number, { noise = NOISE, ...options }: MoonsOptions = {}): NdArray<Float64Array> {
  return drawPoints(NAME, drawMoons(noise), n, options, '"seed", "first" and "noise"')
}
