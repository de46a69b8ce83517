/*
 * Natural logarithm, exponential, sine and cosine in float64 from + − × ÷ and bit operations alone, so that every
 * engine gives the same bits; Math.* promises no such thing.
 *
 * Reductions and coefficients are those of fdlibm (e_log.c, e_exp.c, e_rem_pio2.c, k_sin.c, k_cos.c):
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems, Inc.
 * business. Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice
 * is preserved.
 */

const double = new Float64Array(1)
const words = new Uint32Array(double.buffer)
double[0] = 1
/** Where a double's sign and exponent lie among its two words. */
const HIGH = words[1] === 0x3ff00000 ? 1 : 0
const LOW = 1 - HIGH

const TWO_POW_54 = 18014398509481984
/** ln 2 in two parts; the first has trailing zeros, so that k · LN2_HIGH is exact. */
const LN2_HIGH = 0.6931471803691238
const LN2_LOW = 1.9082149292705877e-10
const INVERSE_LN2 = Math.LOG2E
/** Added to a high word's mantissa it carries where the mantissa is √2 or more, which then counts as half of it. */
const SQRT2_CARRY = 0x95f64

/**
 * Natural logarithm, |error| < 1 ulp.
 *
 * x = 2^k (1 + f) with √½ < 1 + f < √2, s = f/(2 + f), ln(1 + f) = 2s + s³·P(s²). ln 0 = −∞, ln of a negative is NaN.
 */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN
  if (x === Infinity) return x
  let k = 0
  double[0] = x
  if (words[HIGH] < 0x00100000) {
    double[0] = x * TWO_POW_54
    k = -54
  }
  const high = words[HIGH]
  const mantissa = high & 0x000fffff
  const carry = (mantissa + SQRT2_CARRY) & 0x100000
  words[HIGH] = mantissa | (carry ^ 0x3ff00000)
  k += (high >>> 20) - 1023 + (carry >>> 20)
  const f = double[0] - 1
  if (f === 0) return k * LN2_HIGH + k * LN2_LOW
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373))
  const odd = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)))
  const half = 0.5 * f * f
  return k * LN2_HIGH - (half - (s * (half + even + odd) + k * LN2_LOW) - f)
}

/** Beyond these e^x is +∞ or 0 in float64. */
const EXP_OVERFLOW = 709.782712893384
const EXP_UNDERFLOW = -745.1332191019411

/**
 * e^x, |error| < 1 ulp (2 where the result is subnormal).
 *
 * x = k ln 2 + r with |r| ≤ ½ ln 2, e^r = 1 + r + r·c/(2 − c) where c = r − r²·P(r²). e^−∞ = 0, e^NaN = NaN.
 */
export function exp(x: number): number {
  if (x > EXP_OVERFLOW) return Infinity
  if (x < EXP_UNDERFLOW) return 0
  if (Number.isNaN(x)) return x
  const k = Math.round(x * INVERSE_LN2)
  const high = x - k * LN2_HIGH
  const low = k * LN2_LOW
  const r = high - low
  const t = r * r
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (0.00006613756321437934 + t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8))))
  const y = 1 - (low - (r * c) / (2 - c) - high)
  return scale(y, k)
}

/** y · 2^k for y in [½, 2]; two factors further out, as 2^1024 and 2^−1074 are no normal doubles. */
function scale(y: number, k: number): number {
  if (k >= -NEAR && k <= NEAR) return y * NEAR_POWERS[k + NEAR]
  const half = k >> 1
  return y * powerOfTwo(half) * powerOfTwo(k - half)
}

/** 2^−64 … 2^64: looked up, they come sooner than made. */
const NEAR = 64
const NEAR_POWERS = Float64Array.from({ length: 2 * NEAR + 1 }, (_, i) => powerOfTwo(i - NEAR))

/** 2^k for −1022 ≤ k ≤ 1023. */
function powerOfTwo(k: number): number {
  words[HIGH] = (k + 1023) << 20
  words[LOW] = 0
  return double[0]
}

const TWO_OVER_PI = 2 / Math.PI
/** π/2 = PIO2_1 + PIO2_2 + PIO2_3 + PIO2_3_TAIL; the first three have 33 bits, so that n times one is exact. */
const PIO2_1 = 1.5707963267341256
const PIO2_2 = 6.077100506303966e-11
const PIO2_3 = 2.0222662487111665e-21
const PIO2_3_TAIL = 8.4784276603689e-32
/** 2^19 · π/2: up to here n fits the exact products above. */
export const LARGEST_ANGLE = 823549

/** The last angle reduced: x = quarter · π/2 + angle + angleTail with |angle| ≤ π/4. */
let quarter = 0
let angle = 0
let angleTail = 0

function reduce(x: number): void {
  const n = Math.round(x * TWO_OVER_PI)
  // Three steps always: each subtraction is exact or has its rounding error carried on.
  const first = x - n * PIO2_1
  const second = n * PIO2_2
  const r = first - second
  const rest = n * PIO2_3 - (first - r - second)
  const s = r - rest
  const tail = n * PIO2_3_TAIL - (r - s - rest)
  quarter = n & 3
  angle = s - tail
  angleTail = s - angle - tail
}

/** sin(x + tail) for |x| ≤ π/4. */
function sinKernel(x: number, tail: number): number {
  const z = x * x
  const v = z * x
  const r =
    0.00833333333332249 +
    z *
      (-0.0001984126982985795 +
        z * (0.0000027557313707070068 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)))
  return x - (z * (0.5 * tail - v * r) - tail - v * -0.16666666666666632)
}

/** cos(x + tail) for |x| ≤ π/4. */
function cosKernel(x: number, tail: number): number {
  const z = x * x
  const r =
    z *
    (0.0416666666666666 +
      z *
        (-0.001388888888887411 +
          z *
            (0.00002480158728947673 +
              z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)))))
  const half = 0.5 * z
  const w = 1 - half
  return w + (1 - w - half + (z * r - x * tail))
}

/** sin(quarters · π/2 + x + tail). */
function quadrant(quarters: number, x: number, tail: number): number {
  const value = quarters & 1 ? cosKernel(x, tail) : sinKernel(x, tail)
  return quarters & 2 ? -value : value
}

/** sin x, |error| < 1 ulp, for |x| ≤ LARGEST_ANGLE; NaN beyond. */
export function sin(x: number): number {
  if (!(x <= LARGEST_ANGLE && x >= -LARGEST_ANGLE)) return NaN
  reduce(x)
  return quadrant(quarter, angle, angleTail)
}

/** cos x, |error| < 1 ulp, for |x| ≤ LARGEST_ANGLE; NaN beyond. */
export function cos(x: number): number {
  if (!(x <= LARGEST_ANGLE && x >= -LARGEST_ANGLE)) return NaN
  reduce(x)
  return quadrant(quarter + 1, angle, angleTail)
}

const TWO_PI = 2 * Math.PI

/** sin 2πu for 0 ≤ u < 1, |error| < 2 ulp; the reduction to an eighth of a turn is exact. */
export function sinTurn(u: number): number {
  const n = Math.round(4 * u)
  return quadrant(n, TWO_PI * (u - 0.25 * n), 0)
}

/** cos 2πu for 0 ≤ u < 1, |error| < 2 ulp; the reduction to an eighth of a turn is exact. */
export function cosTurn(u: number): number {
  const n = Math.round(4 * u)
  return quadrant(n + 1, TWO_PI * (u - 0.25 * n), 0)
}
