import { cosTurn, sinTurn } from '../../random/elementary.js'
import { generator } from './generator.js'
import { mixtureLogProb } from './mixture.js'

const COMPONENTS = 8
// biome-ignore lint/suspicious/noApproximativeNumericConstant: it is 1.414 in the original, and not √2
const SCALE = 1.414
const RADIUS = 4 / SCALE
const SD = 0.5 / SCALE
/** ln 8 + 1 + ln 2π + 2 ln sd without what neighbours share, which takes a quadrature over the plane. */
const ENTROPY = 2.8318804061

/** Centres and weights [8, 3]. */
const NODES = Float64Array.from({ length: 3 * COMPONENTS }, (_, at) => {
  const turn = Math.floor(at / 3) / COMPONENTS
  return [RADIUS * cosTurn(turn), RADIUS * sinTurn(turn), 1 / COMPONENTS][at % 3]
})

/** Eight Gaussians on a circle, as in Grathwohl et al., FFJORD (2019). */
export const gaussiansOnCircle = generator(
  '8gaussians',
  ENTROPY,
  (stream) => {
    const at = 3 * stream.integer(COMPONENTS)
    return [NODES[at] + SD * stream.normal(), NODES[at + 1] + SD * stream.normal()]
  },
  (x1, x2) => mixtureLogProb(NODES, SD, x1, x2),
)

/**
 * n points [n, 2] of eight Gaussians of sd ½ about (4 cos 2πk/8, 4 sin 2πk/8), all divided by 1.414; see
 * Generator.generate.
 */
export const eightGaussians = gaussiansOnCircle.generate
