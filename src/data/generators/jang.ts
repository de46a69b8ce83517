import { ln } from '../../random/elementary.js'
import { generator } from './generator.js'

const LN_2PI = ln(2 * Math.PI)
const SD = 4

/** The crescent of E. Jang, "Normalizing flows tutorial, part 2" (2018): x2 ~ N(0, sd 4), x1 ~ N(x2²/4, sd 1). */
export const crescent = generator(
  'jang',
  1 + LN_2PI + ln(SD),
  (stream) => {
    const x2 = SD * stream.normal()
    return [(x2 * x2) / 4 + stream.normal(), x2]
  },
  (x1, x2) => {
    const a = x1 - (x2 * x2) / 4
    const b = x2 / SD
    return -0.5 * (a * a + b * b) - LN_2PI - ln(SD)
  },
)

/** n points [n, 2] of the crescent x2 ~ N(0, sd 4), x1 ~ N(x2²/4, sd 1); see Generator.generate. */
export const jang = crescent.generate
