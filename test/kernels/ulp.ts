const bits = new DataView(new ArrayBuffer(8))

/** Half the distance of float32 neighbours of 1: the relative error of one rounding. */
export const EPS = 2 ** -24

/** Distance of neighbouring float32 numbers at x; 2⁻¹⁴⁹ where they are subnormal. */
export function ulp(x: number): number {
  bits.setFloat64(0, x)
  const exponent = (bits.getUint32(0) >>> 20) & 0x7ff
  // The power of two by its bits: ** takes three times as long, and sweeps ask for it millions of times.
  bits.setUint32(0, Math.max(exponent - 23, 1023 - 149) << 20)
  bits.setUint32(4, 0)
  return bits.getFloat64(0)
}

/** |got − expected| in ulps of expected; an overflowed result counts as 2¹²⁸, and what is beyond that must be ∞. */
export function errorInUlp(got: number, expected: number): number {
  if (got === expected || (Number.isNaN(got) && Number.isNaN(expected))) return 0
  if (Number.isNaN(got) || Number.isNaN(expected)) return Number.POSITIVE_INFINITY
  if (Math.abs(expected) >= 2 ** 128) return got === Math.sign(expected) * Infinity ? 0 : Number.POSITIVE_INFINITY
  const value = Math.abs(got) === Infinity ? Math.sign(got) * 2 ** 128 : got
  return Math.abs(value - expected) / ulp(expected)
}
