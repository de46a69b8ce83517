import { cos, sin } from '../../random/elementary.js'
import { type Curve, noisyCurves } from './curve.js'
import { generator, type Point } from './generator.js'

const SCALE = 1 / 5
const [FROM, TO] = [1.5 * Math.PI, 4.5 * Math.PI]
/** By quadrature over the plane. */
const ENTROPY = 2.6696461739

const at = (t: number): Point => [SCALE * t * cos(t), SCALE * t * sin(t)]

const SPIRAL: Curve = {
  from: FROM,
  to: TO,
  at,
  density: () => 1 / (TO - FROM),
  speed: (t) => SCALE * Math.sqrt(1 + t * t),
}

/** scikit-learn's make_swiss_roll from above, with the noise of Grathwohl et al., FFJORD (2019). */
export const roll = generator(
  'swissroll',
  ENTROPY,
  (stream) => {
    const [x1, x2] = at(FROM + (TO - FROM) * stream.uniform())
    return [x1 + SCALE * stream.normal(), x2 + SCALE * stream.normal()]
  },
  noisyCurves([SPIRAL], SCALE),
)

/** n points [n, 2] of ((t cos t, t sin t) + N(0, I))/5, t uniform on [1.5π, 4.5π]; see Generator.generate. */
export const swissRoll = roll.generate
