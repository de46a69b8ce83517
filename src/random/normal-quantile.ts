import { ln } from './elementary.js'

// Wichura's rational approximations (AS 241, PPND16), highest power first: about p = ½, in the tails, far in the tails.
const CENTRE = {
  over: [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
    133.14166789178438, 3.3871328727963665,
  ],
  under: [
    5226.495278852855, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
    42.31333070160091, 1,
  ],
}
const TAIL = {
  over: [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  under: [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
    1.6763848301838038, 2.053191626637759, 1,
  ],
}
const FAR = {
  over: [
    2.0103343992922881e-7, 0.000027115555687434876, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
    1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  under: [
    2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 0.0007868691311456133, 0.014875361290850615,
    0.1369298809227358, 0.599832206555888, 1,
  ],
}

/** Within this of ½ the first approximation holds. */
const CENTRAL = 0.425
/** √(−ln p) up to which the second one holds. */
const NEAR_TAIL = 5

const ratio = ({ over, under }: typeof CENTRE, r: number): number =>
  over.reduce((sum, a) => sum * r + a) / under.reduce((sum, b) => sum * r + b)

/**
 * Φ⁻¹(p), the quantile of the standard normal distribution, to a relative 10⁻¹⁵; ±∞ at 1 and 0, NaN outside. The same
 * bits on every engine. Source: Wichura, Algorithm AS 241, Applied Statistics 37 (1988).
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5
  if (Math.abs(q) <= CENTRAL) return q * ratio(CENTRE, CENTRAL * CENTRAL - q * q)
  const tail = q < 0 ? p : 1 - p
  if (tail === 0) return q < 0 ? -Infinity : Infinity
  const r = Math.sqrt(-ln(tail))
  const z = r <= NEAR_TAIL ? ratio(TAIL, r - 1.6) : ratio(FAR, r - NEAR_TAIL)
  return q < 0 ? -z : z
}
