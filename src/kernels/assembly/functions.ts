// What activations and maps of one coordinate need beyond math.ts, of four floats, by + − × ÷ √ and bit operations alone.
// NaN comes out where it goes in. test/kernels/functions.test.ts holds the accuracies.
import { exp4, expRest, expShift, logNormal } from './math'

@inline
export function choose(condition: v128, yes: v128, no: v128): v128 {
  return v128.bitselect(yes, no, condition)
}

/** |magnitude| with the sign of another number. */
@inline
export function withSign(magnitude: v128, sign: v128): v128 {
  return v128.bitselect(sign, magnitude, i32x4.splat(0x80000000))
}

/** Beyond this e^x − 1 stays what it is here; 2ⁿ has to be a float. */
const EXPM1_MAX: f32 = 88
/** From here down e^x − 1 rounds to −1. */
const EXPM1_MIN: f32 = -20

/** e^x − 1 = 2ⁿ·(e^r − 1) + (2ⁿ − 1), x ≤ 88. */
@inline
export function expMinusOne(x: v128): v128 {
  const inside = f32x4.pmax(f32x4.pmin(x, f32x4.splat(EXPM1_MAX)), f32x4.splat(EXPM1_MIN))
  const shifted = expShift(inside)
  const power = i32x4.shl(shifted, 23)
  return f32x4.add(f32x4.mul(power, expRest(inside, shifted)), f32x4.sub(power, f32x4.splat(1)))
}

/** ln(u + rest) for a positive normal u and a rest below its last place. */
@inline
export function logSum(u: v128, rest: v128): v128 {
  return f32x4.add(logNormal(u, i32x4.splat(0)), f32x4.div(rest, u))
}

/** What the rounding of u = 1 + x took away. */
@inline
export function restOfOnePlus(x: v128, u: v128): v128 {
  return f32x4.sub(x, f32x4.sub(u, f32x4.splat(1)))
}

/** ln(1 + x), −1 < x < ∞. */
@inline
export function logOnePlus(x: v128): v128 {
  const u = f32x4.add(x, f32x4.splat(1))
  return logSum(u, restOfOnePlus(x, u))
}

/** e^−|x|, from which the logistic and softplus of x and of −x follow without cancellation. */
@inline
export function expOfNegativeAbs(x: v128): v128 {
  return exp4(f32x4.neg(f32x4.abs(x)))
}

/** σ(x) = 1/(1 + e^−x), e = e^−|x|. */
@inline
export function logistic4(x: v128, e: v128): v128 {
  const numerator = choose(f32x4.lt(x, f32x4.splat(0)), e, f32x4.splat(1))
  return f32x4.div(numerator, f32x4.add(e, f32x4.splat(1)))
}

/** ln(1 + e^x) = max(x, 0) + ln(1 + e), `log` = ln(1 + e^−|x|). */
@inline
export function softplus4(x: v128, log: v128): v128 {
  return f32x4.add(f32x4.max(x, f32x4.splat(0)), log)
}

/** asinh a = ln(1 + a + a²/(1 + r)), r = √(1 + a²), 0 ≤ a ≤ 10¹⁸ (a² must not overflow). */
@inline
export function asinhPositive(a: v128, r: v128): v128 {
  const half = f32x4.div(a, f32x4.add(r, f32x4.splat(1)))
  return logOnePlus(f32x4.add(a, f32x4.mul(a, half)))
}

/** √(1 + a²) */
@inline
export function hypotOne(a: v128): v128 {
  return f32x4.sqrt(f32x4.add(f32x4.mul(a, a), f32x4.splat(1)))
}

/** atanh a = ½ ln(1 + 2a/(1 − a)), 0 ≤ a < 1. */
@inline
export function atanhPositive(a: v128): v128 {
  const ratio = f32x4.div(f32x4.add(a, a), f32x4.sub(f32x4.splat(1), a))
  return f32x4.mul(logOnePlus(ratio), f32x4.splat(0.5))
}

/** From here on e^(−a²/2) rounds to 0. */
const GAUSS_END: f32 = 15

/** |x| as far as Gaussian tails reach. */
@inline
export function tailArgument(x: v128): v128 {
  return f32x4.pmin(f32x4.abs(x), f32x4.splat(GAUSS_END))
}

/**
 * e^(−a²/2), 0 ≤ a ≤ 15. The square's rounding would cost a²/2 ulp: h is a to 12 bits, h² exact, and a² − h² = (a − h)(a + h)
 * so small that e to its half is a cubic.
 */
@inline
export function gauss4(a: v128): v128 {
  const h = v128.and(i32x4.add(a, i32x4.splat(0x800)), i32x4.splat(0xfffff000))
  const d = f32x4.mul(f32x4.mul(f32x4.sub(h, a), f32x4.splat(0.5)), f32x4.add(a, h))
  const near = exp4(f32x4.mul(f32x4.mul(h, h), f32x4.splat(-0.5)))
  let p = f32x4.add(f32x4.mul(d, f32x4.splat(0.1666666716337204)), f32x4.splat(0.5))
  p = f32x4.mul(d, f32x4.add(f32x4.mul(d, p), f32x4.splat(1)))
  return f32x4.add(near, f32x4.mul(near, p))
}

/**
 * Φ(−a) = e^(−a²/2)·p(q)/(a + 4), q = (a − 4)/(a + 4), 0 ≤ a ≤ 15: Mills' ratio is smooth in q. p is a minimax fit, within
 * 0.31·2⁻²⁴ relative.
 */
@inline
export function lowerTail4(a: v128, gauss: v128): v128 {
  const inverse = f32x4.div(f32x4.splat(1), f32x4.add(a, f32x4.splat(4)))
  const q = f32x4.mul(f32x4.sub(a, f32x4.splat(4)), inverse)
  let p = f32x4.add(f32x4.mul(q, f32x4.splat(-0.00011381698277546093)), f32x4.splat(0.00021427251340355724))
  p = f32x4.add(f32x4.mul(q, p), f32x4.splat(0.0015715686604380608))
  p = f32x4.add(f32x4.mul(q, p), f32x4.splat(-0.0035382567439228296))
  p = f32x4.add(f32x4.mul(q, p), f32x4.splat(-0.007531010080128908))
  p = f32x4.add(f32x4.mul(q, p), f32x4.splat(0.06041037663817406))
  p = f32x4.add(f32x4.mul(q, p), f32x4.splat(-0.18652230501174927))
  p = f32x4.add(f32x4.mul(q, p), f32x4.splat(0.387136310338974))
  p = f32x4.add(f32x4.mul(q, p), f32x4.splat(-0.607896625995636))
  p = f32x4.add(f32x4.mul(q, p), f32x4.splat(0.7552851438522339))
  return f32x4.mul(f32x4.mul(p, inverse), gauss)
}

/** Φ(x), tail = Φ(−|x|). */
@inline
export function normalDistribution4(x: v128, tail: v128): v128 {
  return choose(f32x4.lt(x, f32x4.splat(0)), tail, f32x4.sub(f32x4.splat(1), tail))
}
