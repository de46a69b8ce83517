// exp, log, tanh, sine and cosine of four floats, by + − × ÷ and bit operations alone. Coefficients: minimax fits
// (linear programming in float64 on Chebyshev-like nodes, errors weighted in ulps of the result), rounded to float32.

/** 1.5·2²³: adding it rounds a small float to the nearest integer and leaves that integer in the low bits. */
const ROUNDER: f32 = 12582912.0
// ln 2 in two parts; the first has 15 bits, so that its product with an exponent is exact.
const LN2_HIGH: f32 = 0.693145751953125
const LN2_LOW: f32 = 1.428606765330187e-6

export const EXP_NEAR: f32 = 86.0
// Beyond these e^x is ∞ or rounds to 0 in any case.
const EXP_MAX: f32 = 89.0
const EXP_MIN: f32 = -104.0

/** ROUNDER and the bias of exponents: the integer it leaves is biased as the exponent of 2ⁿ is. */
const BIASED_ROUNDER: f32 = 12583039.0

/** n + 127, n = ⌊x/ln 2⌉, in the low bits, those of the rounder above them. */
@inline
export function expShift(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, f32x4.splat(1.4426950216293335)), f32x4.splat(BIASED_ROUNDER))
}

/**
 * e^r − 1 = r + r²·q(r), r = x − n·ln 2 in [−ln 2/2, ln 2/2]. q goes by pairs: a vector's chain of dependent operations
 * is what a loop over vectors waits for.
 */
@inline
export function expRest(x: v128, shifted: v128): v128 {
  const n = f32x4.sub(shifted, f32x4.splat(BIASED_ROUNDER))
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(n, f32x4.splat(LN2_HIGH))), f32x4.mul(n, f32x4.splat(LN2_LOW)))
  const square = f32x4.mul(r, r)
  const low = f32x4.add(f32x4.mul(r, f32x4.splat(0.166665181517601)), f32x4.splat(0.49999991059303284))
  const high = f32x4.add(f32x4.mul(r, f32x4.splat(0.008368918672204018)), f32x4.splat(0.0416690930724144))
  const top = f32x4.add(high, f32x4.mul(square, f32x4.splat(0.0013780358713120222)))
  const q = f32x4.add(low, f32x4.mul(square, top))
  return f32x4.add(f32x4.mul(square, q), r)
}

/** e^r */
@inline
function expFraction(x: v128, shifted: v128): v128 {
  return f32x4.add(expRest(x, shifted), f32x4.splat(1))
}

/** e^x for any lanes, the far ones and NaN included; where expNear may be used it has its bits. */
@inline
export function expFar(x: v128): v128 {
  const inside = f32x4.pmax(f32x4.pmin(x, f32x4.splat(EXP_MAX)), f32x4.splat(EXP_MIN))
  const shifted = expShift(inside)
  // n runs from −150 to 128: two factors of about half of it, of which the second rounds once. Their biased exponents,
  // ⌊(n + 127)/2⌋ + 63 and ⌈(n + 127)/2⌉ + 64, add up to n + 2·127. Shifts by 23 push the rest of `shifted` out.
  const half = i32x4.shr_s(shifted, 1)
  const low = i32x4.shl(i32x4.add(half, i32x4.splat(63)), 23)
  const high = i32x4.shl(i32x4.add(i32x4.sub(shifted, half), i32x4.splat(64)), 23)
  return f32x4.mul(f32x4.mul(expFraction(inside, shifted), low), high)
}

/** e^x where |x| ≤ EXP_NEAR or x is NaN: 2ⁿ and the result are normal. */
@inline
export function expNear(x: v128): v128 {
  const shifted = expShift(x)
  return f32x4.mul(expFraction(x, shifted), i32x4.shl(shifted, 23))
}

/** e^¼. */
export const EXP_SHORT: f32 = 1.2840254

/**
 * e^x where |x| ≤ EXP_SHORT or x is NaN, in half the operations of `expNear`: (1 + t)/(1 − t), t = tanh(x/2) = a/q, as
 * 1 + 2a/(q − a), with a of degree 3 and q of degree 4. Towards the ends q − a cancels: within 3.9 ulp,
 * 1.75 where |x| ≤ ½.
 */
@inline
export function expShort(x: v128): v128 {
  const z = f32x4.mul(x, x)
  const a = f32x4.mul(x, f32x4.add(f32x4.mul(z, f32x4.splat(20.24619102478027)), f32x4.splat(854.9155883789062)))
  const q = f32x4.add(f32x4.mul(z, f32x4.add(z, f32x4.splat(182.9781494140625))), f32x4.splat(1709.8311767578125))
  return f32x4.add(f32x4.div(f32x4.add(a, a), f32x4.sub(q, a)), f32x4.splat(1))
}

/** Up to here ⌊x/ln 2⌉ ≤ 8, and its product with ln 2 is exact: as a float, ln 2 has 21 bits. */
export const EXP_MODERATE: f32 = 5.8
const LN2: f32 = 0.6931471824645996

/**
 * e^x where |x| ≤ EXP_MODERATE or x is NaN, in two thirds of the operations of `expNear`:
 * e^r = 1 + 2r/(R − r), R = r·coth(r/2) = 2 + r²·p(r²). Within 1.3 ulp.
 */
@inline
export function expModerate(x: v128): v128 {
  const shifted = expShift(x)
  const n = f32x4.sub(shifted, f32x4.splat(BIASED_ROUNDER))
  const r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(LN2)))
  const z = f32x4.mul(r, r)
  const p = f32x4.add(f32x4.mul(z, f32x4.splat(-0.002765982411801815)), f32x4.splat(0.166666179895401))
  const denominator = f32x4.add(f32x4.mul(z, p), f32x4.sub(f32x4.splat(2), r))
  const fraction = f32x4.add(f32x4.div(f32x4.add(r, r), denominator), f32x4.splat(1))
  return f32x4.mul(fraction, i32x4.shl(shifted, 23))
}

/** e^x; overflow, gradual underflow, ±∞ and NaN as IEEE has them. */
@inline
export function exp4(x: v128): v128 {
  return v128.any_true(f32x4.gt(f32x4.abs(x), f32x4.splat(EXP_NEAR))) ? expFar(x) : expNear(x)
}

/** e^x four times: what a kernel needs once a call. It is too long for the compiler to repeat it in each of them. */
export function splatExp(x: f32): v128 {
  return exp4(f32x4.splat(x))
}

/** e^a, e^b, e^c and 1, in the time of one of them. */
export function exps(a: f32, b: f32, c: f32): v128 {
  return exp4(f32x4.replace_lane(f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(0), 0, a), 1, b), 2, c))
}

export const MIN_NORMAL: f32 = 1.1754943508222875e-38
export const MAX_FINITE: f32 = 3.4028234663852886e38
/** Bits of √½: mantissas are taken in [√½, √2). */
const SQRT_HALF_BITS: i32 = 0x3f3504f3

/**
 * k·ln 2 + ln m of positive normal x = m·2ᵏ. With s = f/(2 + f), f = m − 1: ln m = f − s·(f − R(s²)), where
 * R = ln m/s − 2 (the error of s then enters only through s·f).
 */
@inline
export function logNormal(x: v128, extra: v128): v128 {
  const exponent = i32x4.shr_s(i32x4.sub(x, i32x4.splat(SQRT_HALF_BITS)), 23)
  const f = f32x4.sub(i32x4.sub(x, i32x4.shl(exponent, 23)), f32x4.splat(1))
  const k = f32x4.convert_i32x4_s(i32x4.add(exponent, extra))
  const s = f32x4.div(f, f32x4.add(f, f32x4.splat(2)))
  const z = f32x4.mul(s, s)
  let r = f32x4.add(f32x4.mul(z, f32x4.splat(0.2983371211456299)), f32x4.splat(0.399790495634079))
  r = f32x4.mul(z, f32x4.add(f32x4.mul(z, r), f32x4.splat(0.666667640209198)))
  const bend = f32x4.sub(f32x4.mul(s, f32x4.sub(f, r)), f32x4.mul(k, f32x4.splat(LN2_LOW)))
  return f32x4.add(f32x4.sub(f, bend), f32x4.mul(k, f32x4.splat(LN2_HIGH)))
}

/** ln x for any lanes: subnormal, 0, negative, ∞, NaN. Equals `log` bit for bit where that is not needed. */
function logAny(x: v128): v128 {
  const tiny = f32x4.lt(x, f32x4.splat(MIN_NORMAL))
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny)
  let y = logNormal(scaled, v128.and(tiny, i32x4.splat(-23)))
  const zero = f32x4.eq(x, f32x4.splat(0))
  y = v128.bitselect(f32x4.splat(-Infinity), y, zero)
  y = v128.bitselect(f32x4.splat(Infinity), y, f32x4.eq(x, f32x4.splat(Infinity)))
  return v128.bitselect(y, f32x4.splat(NaN), f32x4.ge(x, f32x4.splat(0)))
}

@inline
export function log4(x: v128): v128 {
  const plain = v128.and(f32x4.ge(x, f32x4.splat(MIN_NORMAL)), f32x4.le(x, f32x4.splat(MAX_FINITE)))
  if (i32x4.bitmask(plain) != 15) return logAny(x)
  return logNormal(x, i32x4.splat(0))
}

/** The quotient below is 1 here, and above 1 for no smaller x; tanh itself rounds to 1 from 9.01 on. */
const TANH_ONE: f32 = 8.740160942077637

/**
 * tanh x where |x| ≤ TANH_ONE or x is NaN: 2h/(1 + h²) = 2aq/(q² + a²) with h = tanh(x/2) = a/q, a = x·P(x²),
 * q = Q(x²): one division, and near saturation, where a = q, errors of P and Q cancel. P and Q have a common factor of
 * 0.93, so that q and q² lie below powers of two where x is small, which costs less in rounding.
 */
@inline
export function tanhOdd(x: v128, z: v128): v128 {
  const p = f32x4.add(f32x4.mul(z, f32x4.splat(0.00010624427522998303)), f32x4.splat(0.0276888906955719))
  return f32x4.mul(x, f32x4.add(f32x4.mul(z, p), f32x4.splat(0.9300000071525574)))
}

@inline
export function tanhEven(z: v128): v128 {
  let q = f32x4.add(f32x4.mul(z, f32x4.splat(2.2857600470160833e-6)), f32x4.splat(0.0022440373431891203))
  q = f32x4.add(f32x4.mul(z, q), f32x4.splat(0.21037769317626953))
  return f32x4.add(f32x4.mul(z, q), f32x4.splat(1.8600000143051147))
}

@inline
export function tanhQuotient(a: v128, q: v128): v128 {
  return f32x4.div(f32x4.mul(f32x4.add(a, a), q), f32x4.add(f32x4.mul(q, q), f32x4.mul(a, a)))
}

/** x within ±one, where the quotient is ±1; pmin and pmax let NaN through. */
@inline
function clamped(x: v128, one: f32): v128 {
  return f32x4.pmax(f32x4.pmin(x, f32x4.splat(one)), f32x4.splat(-one))
}

@inline
export function clampedForTanh(x: v128): v128 {
  return clamped(x, TANH_ONE)
}

@inline
export function tanh4(x: v128): v128 {
  const inside = clampedForTanh(x)
  const z = f32x4.mul(inside, inside)
  return tanhQuotient(tanhOdd(inside, z), tanhEven(z))
}

/** What the argument of `scaledTanh` is multiplied by beforehand, in a factor that it has in any case. */
export const TANH_SCALE: f32 = 0.019685039296746254
/** TANH_ONE of the scaled argument: 1 here, above 1 for no smaller y. */
export const SCALED_TANH_ONE: f32 = 0.169730172

/** As above, of y = TANH_SCALE·x: P and Q begin with y⁴ and y⁶, so that these cost no product. */
@inline
function scaledTanhOdd(y: v128, z: v128): v128 {
  const p = f32x4.add(z, f32x4.splat(0.10833241790533066))
  return f32x4.mul(y, f32x4.add(f32x4.mul(z, p), f32x4.splat(0.0014305361546576023)))
}

@inline
function scaledTanhEven(z: v128): v128 {
  let q = f32x4.add(z, f32x4.splat(0.4356924891471863))
  q = f32x4.add(f32x4.mul(z, q), f32x4.splat(0.016376905143260956))
  return f32x4.add(f32x4.mul(z, q), f32x4.splat(5.632032116409391e-5))
}

@inline
function clampedForScaledTanh(y: v128): v128 {
  return clamped(y, SCALED_TANH_ONE)
}

/** tanh x of y = TANH_SCALE·x. Below |x| = 10⁻²⁹ products underflow, and errors do not get smaller with x any more. */
@inline
export function scaledTanh(y: v128): v128 {
  const inside = clampedForScaledTanh(y)
  const z = f32x4.mul(inside, inside)
  return tanhQuotient(scaledTanhOdd(inside, z), scaledTanhEven(z))
}

/** tanh x where |x| ≤ this, by a quotient of three products and two sums fewer, y·P(z)/Q(z) of y = SHORT_TANH_SCALE·x. */
export const SHORT_TANH: f32 = 2.3
export const SHORT_TANH_SCALE: f32 = 0.047688234597444534

@inline
function shortTanhOdd(y: v128, z: v128): v128 {
  const p = f32x4.add(z, f32x4.splat(0.13549651205539703))
  return f32x4.mul(y, f32x4.add(f32x4.mul(z, p), f32x4.splat(0.002536921063438058)))
}

@inline
function shortTanhEven(z: v128): v128 {
  let q = f32x4.add(z, f32x4.splat(0.4749422073364258))
  q = f32x4.add(f32x4.mul(z, q), f32x4.splat(0.024194292724132538))
  return f32x4.add(f32x4.mul(z, q), f32x4.splat(0.0001209812835440971))
}

@inline
export function shortTanh(y: v128): v128 {
  const z = f32x4.mul(y, y)
  return f32x4.div(shortTanhOdd(y, z), shortTanhEven(z))
}

// How far the arguments of a loop of tanh go: SHORT_TANH, where a short one will do; TANH_ONE, where one without a clamp
// has the same bits; or anywhere.
export const TANH_SHORT: i32 = 0
export const TANH_NEAR: i32 = 1
export const TANH_FAR: i32 = 2

// The parts of a tanh of that kind (a constant), of an argument that is scaled by SHORT_TANH_SCALE or TANH_SCALE.

@inline
export function tanhArgument(kind: i32, y: v128): v128 {
  return kind == TANH_FAR ? clampedForScaledTanh(y) : y
}

@inline
export function tanhOddOf(kind: i32, y: v128, z: v128): v128 {
  return kind == TANH_SHORT ? shortTanhOdd(y, z) : scaledTanhOdd(y, z)
}

@inline
export function tanhEvenOf(kind: i32, z: v128): v128 {
  return kind == TANH_SHORT ? shortTanhEven(z) : scaledTanhEven(z)
}

@inline
export function tanhQuotientOf(kind: i32, a: v128, q: v128): v128 {
  return kind == TANH_SHORT ? f32x4.div(a, q) : tanhQuotient(a, q)
}

// sin r = r + r·z·S(z) and cos r = 1 + z·C(z), z = r², for |r| ≤ π/4.
@inline
function sinePolynomial(r: v128, z: v128): v128 {
  let s = f32x4.add(f32x4.mul(z, f32x4.splat(-0.00019494950538501143)), f32x4.splat(0.008331973105669022))
  s = f32x4.add(f32x4.mul(z, s), f32x4.splat(-0.16666650772094727))
  return f32x4.add(r, f32x4.mul(f32x4.mul(r, z), s))
}

@inline
function cosinePolynomial(z: v128): v128 {
  let c = f32x4.add(f32x4.mul(z, f32x4.splat(-0.00135972467251122)), f32x4.splat(0.0416562519967556))
  c = f32x4.add(f32x4.mul(z, c), f32x4.splat(-0.49999892711639404))
  return f32x4.add(f32x4.mul(z, c), f32x4.splat(1))
}

/** Odd quadrants exchange sine and cosine; the second bit of the quadrant is the sine's sign, of its successor the cosine's. */
@inline
export function sine4(quadrant: v128, r: v128): v128 {
  return turned(quadrant, sinePolynomial(r, f32x4.mul(r, r)), cosinePolynomial(f32x4.mul(r, r)))
}

@inline
export function cosine4(quadrant: v128, r: v128): v128 {
  const next = i32x4.add(quadrant, i32x4.splat(1))
  return turned(next, sinePolynomial(r, f32x4.mul(r, r)), cosinePolynomial(f32x4.mul(r, r)))
}

@inline
function turned(quadrant: v128, sine: v128, cosine: v128): v128 {
  const odd = i32x4.shr_s(i32x4.shl(quadrant, 31), 31)
  const sign = i32x4.shl(i32x4.shr_u(quadrant, 1), 31)
  return v128.xor(v128.bitselect(cosine, sine, odd), sign)
}

/** Nearest multiple of π/2 below 8, as an integer. */
@inline
export function quadrant4(x: v128): v128 {
  const turns = f32x4.add(f32x4.mul(x, f32x4.splat(0.6366197466850281)), f32x4.splat(ROUNDER))
  return i32x4.sub(turns, i32x4.splat(reinterpret<i32>(ROUNDER)))
}

/** x − quadrant·π/2, π/2 in two parts of which the first has 17 bits. */
@inline
export function remainder4(x: v128, quadrant: v128): v128 {
  const q = f32x4.convert_i32x4_s(quadrant)
  const high = f32x4.sub(x, f32x4.mul(q, f32x4.splat(1.5707855224609375)))
  return f32x4.sub(high, f32x4.mul(q, f32x4.splat(1.0804334124259185e-5)))
}

/**
 * ln(1 + x) where 0 ≤ x ≤ 1 or x is NaN, relative to itself however small: as in `logNormal`, x − s·(x − R(s²)) with
 * s = x/(2 + x), here without an exponent. Within 1.3 ulp.
 */
@inline
export function log1pUnit(x: v128): v128 {
  const s = f32x4.div(x, f32x4.add(x, f32x4.splat(2)))
  const z = f32x4.mul(s, s)
  const low = f32x4.add(f32x4.mul(z, f32x4.splat(0.4002040922641754)), f32x4.splat(0.6666643619537354))
  const high = f32x4.add(f32x4.mul(z, f32x4.splat(0.27940067648887634)), f32x4.splat(0.280182421207428))
  const r = f32x4.mul(z, f32x4.add(low, f32x4.mul(f32x4.mul(z, z), high)))
  return f32x4.sub(x, f32x4.mul(s, f32x4.sub(x, r)))
}
