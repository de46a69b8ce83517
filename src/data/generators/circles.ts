import { cosTurn, sinTurn } from '../../random/elementary.js'
import { noisyCurves } from './curve.js'
import { type Generator, generator } from './generator.js'

/** Circles about the origin, as many points on each, the angles uniform, with noise N(0, sd² I). */
function concentric(name: string, radii: readonly number[], sd: number, entropy: number): Generator {
  const curves = radii.map((radius) => ({
    from: 0,
    to: 1,
    at: (turn: number) => [radius * cosTurn(turn), radius * sinTurn(turn)] as const,
    density: () => 1 / radii.length,
    speed: () => 2 * Math.PI * radius,
  }))
  return generator(
    name,
    entropy,
    (stream) => {
      const radius = radii[stream.integer(radii.length)]
      const turn = stream.uniform()
      return [radius * cosTurn(turn) + sd * stream.normal(), radius * sinTurn(turn) + sd * stream.normal()]
    },
    noisyCurves(curves, sd),
  )
}

/** Two circles, as in Grathwohl et al., FFJORD (2019); the entropy by quadrature over the radius. */
export const twoCircles = concentric('circles', [3, 1.5], 0.24, 3.2681357117)

/** Four circles, as in Grathwohl et al., FFJORD (2019); the entropy by quadrature over the radius. */
export const fourRings = concentric('rings', [3, 2.25, 1.5, 0.75], 0.08, 2.6231827703)

/** n points [n, 2] of circles of radius 3 and 1.5 with noise of sd 0.24; see Generator.generate. */
export const circles = twoCircles.generate

/** n points [n, 2] of circles of radius 3, 2.25, 1.5 and 0.75 with noise of sd 0.08; see Generator.generate. */
export const rings = fourRings.generate
