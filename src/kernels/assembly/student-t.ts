// Student's t distribution, coordinate by coordinate, ν = ½ + e^raw. Numbers are shared by all rows where `each` is 1.
import { choose, expMinusOne, logOnePlus } from './functions'
import { bytes, load, NONE, numberOf, store } from './lanes'
import { exp4 } from './math'

/** Degrees of freedom are above this, so that 32-bit random numbers give finite tails, and raw counts no further than this. */
const LEAST: f32 = 0.5
const MOST_RAW: f32 = 40

const HALF_LN_2PI: f32 = 0.9189385332046728

/** e^raw, raw as far as it counts. */
@inline
function excess4(raw: v128): v128 {
  return exp4(f32x4.pmin(raw, f32x4.splat(MOST_RAW)))
}

/** The recurrence goes this far up, from where on the series is within a float's last place. */
const STEPS: i32 = 4

/**
 * constant = g(ν/2) − ½ ln 2π and its slope ½g′(ν/2), g(x) = ln Γ(x + ½) − ln Γ(x) − ½ ln x: see the reference kernel. The
 * recurrence's logarithms are one, of a product 1 − missing.
 */
@inline
function degrees4(raw: usize, degrees: usize, constant: usize, slope: usize, lanes: i32): void {
  const one = f32x4.splat(1)
  const nu = f32x4.add(excess4(load(raw, lanes)), f32x4.splat(LEAST))
  let a = f32x4.mul(nu, f32x4.splat(0.5))
  let missing = f32x4.splat(0)
  let slopes = f32x4.splat(0)
  for (let k = 0; k < STEPS; k++) {
    const next = f32x4.add(a, one)
    const inverse = f32x4.div(one, f32x4.add(a, next))
    const e = f32x4.mul(inverse, inverse)
    missing = f32x4.add(missing, f32x4.sub(e, f32x4.mul(missing, e)))
    slopes = f32x4.add(slopes, f32x4.div(f32x4.div(inverse, a), next))
    a = next
  }
  const r = f32x4.div(one, a)
  const z = f32x4.mul(r, r)
  let series = f32x4.add(f32x4.mul(z, f32x4.splat(-0.0011858258928571428)), f32x4.splat(0.0015625))
  series = f32x4.add(f32x4.mul(z, series), f32x4.splat(-0.005208333333333333))
  series = f32x4.mul(r, f32x4.add(f32x4.mul(z, series), f32x4.splat(0.125)))
  let rise = f32x4.add(f32x4.mul(z, f32x4.splat(-0.00830078125)), f32x4.splat(0.0078125))
  rise = f32x4.add(f32x4.mul(z, rise), f32x4.splat(-0.015625))
  rise = f32x4.mul(z, f32x4.add(f32x4.mul(z, rise), f32x4.splat(0.125)))
  const log = f32x4.mul(logOnePlus(f32x4.neg(missing)), f32x4.splat(0.5))
  store(degrees, nu, lanes)
  store(constant, f32x4.sub(f32x4.sub(log, series), f32x4.splat(HALF_LN_2PI)), lanes)
  const both = f32x4.add(f32x4.mul(slopes, f32x4.splat(0.5)), rise)
  store(slope, f32x4.mul(both, f32x4.splat(0.5)), lanes)
}

export function studentDegrees(n: i32, raw: usize, degrees: usize, constant: usize, slope: usize): void {
  raw = bytes(raw), degrees = bytes(degrees), constant = bytes(constant), slope = bytes(slope)
  for (let i = 0; i < n; i += 4) {
    const at = bytes(i)
    degrees4(raw + at, degrees + at, constant + at, slope + at, min(n - i, 4))
  }
}

/** z²/ν, as far as floats go. */
const MOST_QUOTIENT: f32 = 1e30

@inline
function quotient4(z: v128, nu: v128): v128 {
  return f32x4.pmin(f32x4.div(f32x4.mul(z, z), nu), f32x4.splat(MOST_QUOTIENT))
}

@inline
function density(
  shared: bool, dim: i32, rows: i32, z: usize, degrees: usize, constant: usize, logDet: usize, logProb: usize,
): void {
  const stride = bytes(rows)
  const step: usize = shared ? 4 : stride
  for (let j = 0; j < dim; j++, z += stride, degrees += step, constant += step, logDet = logProb) {
    for (let t = 0; t < rows; t += 4) {
      const lanes = min(rows - t, 4), at = bytes(t)
      const nu = numberOf(shared, degrees, at, lanes)
      // Lanes beyond the rows have ν = 0 and a quotient of 0/0, which goes nowhere.
      const log = logOnePlus(quotient4(load(z + at, lanes), nu))
      const half = f32x4.mul(f32x4.add(nu, f32x4.splat(1)), f32x4.splat(0.5))
      const own = f32x4.sub(numberOf(shared, constant, at, lanes), f32x4.mul(half, log))
      store(logProb + at, f32x4.add(load(logDet + at, lanes), own), lanes)
    }
  }
}

export function studentT(
  dim: i32, rows: i32, each: i32, z: usize, degrees: usize, constant: usize, logDet: usize, logProb: usize,
): void {
  z = bytes(z), degrees = bytes(degrees), constant = bytes(constant), logDet = bytes(logDet), logProb = bytes(logProb)
  if (each == 1) density(true, dim, rows, z, degrees, constant, logDet, logProb)
  else density(false, dim, rows, z, degrees, constant, logDet, logProb)
}

/** Up to here the series below is shorter than it is inexact; beyond it the difference loses three bits. */
const SHORT: f32 = 0.125

/** ln(1 + q) − p, p = q/(1 + q), q ≥ 0: ln(1 + q) is −ln(1 − p) = p + p²/2 + p³/3 + … */
@inline
function logRest4(q: v128, p: v128): v128 {
  let series = f32x4.add(f32x4.mul(p, f32x4.splat(0.1111111111111111)), f32x4.splat(0.125))
  series = f32x4.add(f32x4.mul(p, series), f32x4.splat(0.14285714285714285))
  series = f32x4.add(f32x4.mul(p, series), f32x4.splat(0.16666666666666666))
  series = f32x4.add(f32x4.mul(p, series), f32x4.splat(0.2))
  series = f32x4.add(f32x4.mul(p, series), f32x4.splat(0.25))
  series = f32x4.add(f32x4.mul(p, series), f32x4.splat(0.3333333333333333))
  series = f32x4.add(f32x4.mul(p, series), f32x4.splat(0.5))
  const near = f32x4.mul(f32x4.mul(p, p), series)
  return choose(f32x4.le(p, f32x4.splat(SHORT)), near, f32x4.sub(logOnePlus(q), p))
}

@inline
function backward(
  shared: bool, dim: i32, rows: i32,
  z: usize, raw: usize, degrees: usize, slope: usize, dLogProb: usize, dz: usize, dRaw: usize,
): void {
  const one = f32x4.splat(1)
  const stride = bytes(rows)
  const step: usize = shared ? 4 : stride
  for (let j = 0; j < dim; j++, z += stride, dz += stride, raw += step, degrees += step, slope += step) {
    const excess = shared ? excess4(v128.load32_splat(raw)) : one
    for (let t = 0; t < rows; t += 4) {
      const lanes = min(rows - t, 4), at = bytes(t)
      const weight = load(dLogProb + at, lanes)
      // By selection, not by the product: a row of weight 0 may hold an infinite z.
      const none = f32x4.eq(weight, f32x4.splat(0))
      const value = load(z + at, lanes)
      const nu = numberOf(shared, degrees, at, lanes)
      const q = quotient4(value, nu)
      const inverse = f32x4.div(one, f32x4.add(one, q))
      const share = f32x4.mul(f32x4.add(one, f32x4.div(one, nu)), f32x4.mul(value, inverse))
      store(dz + at, v128.andnot(f32x4.neg(f32x4.mul(weight, share)), none), lanes)
      if (dRaw) {
        const p = f32x4.mul(q, inverse)
        const change = f32x4.sub(f32x4.div(p, nu), logRest4(q, p))
        const dNu = f32x4.add(numberOf(shared, slope, at, lanes), f32x4.mul(change, f32x4.splat(0.5)))
        const own = numberOf(shared, raw, at, lanes)
        const d = f32x4.mul(f32x4.mul(weight, shared ? excess : excess4(own)), dNu)
        store(dRaw + at, v128.andnot(d, v128.or(none, f32x4.gt(own, f32x4.splat(MOST_RAW)))), lanes)
      }
    }
    if (dRaw) dRaw += stride
  }
}

export function studentTBackward(
  dim: i32, rows: i32, each: i32,
  z: usize, raw: usize, degrees: usize, slope: usize, dLogProb: usize, dz: usize, dRaw: usize,
): void {
  z = bytes(z), raw = bytes(raw), degrees = bytes(degrees), slope = bytes(slope)
  dLogProb = bytes(dLogProb), dz = bytes(dz), dRaw = dRaw == NONE ? 0 : bytes(dRaw)
  if (each == 1) backward(true, dim, rows, z, raw, degrees, slope, dLogProb, dz, dRaw)
  else backward(false, dim, rows, z, raw, degrees, slope, dLogProb, dz, dRaw)
}

/** n·√((eˣ − 1)/x) = n·e^(x/2)·√((1 − e^−x)/x): e^x alone may be beyond floats. */
@inline
function draw4(shared: bool, even: usize, odd: usize, degrees: usize, z: usize, at: usize, lanes: i32): void {
  const half = f32x4.splat(0.5)
  const n = load(even + at, lanes)
  const other = load(odd + at, lanes)
  const squares = f32x4.add(f32x4.mul(n, n), f32x4.mul(other, other))
  const x = f32x4.div(squares, numberOf(shared, degrees, at, lanes))
  const quotient = f32x4.div(f32x4.neg(expMinusOne(f32x4.neg(x))), x)
  const bulge = choose(f32x4.eq(x, f32x4.splat(0)), f32x4.splat(1), quotient)
  store(z + at, f32x4.mul(f32x4.mul(n, exp4(f32x4.mul(x, half))), f32x4.sqrt(bulge)), lanes)
}

export function studentTInverse(dim: i32, rows: i32, each: i32, normals: usize, degrees: usize, z: usize): void {
  normals = bytes(normals), degrees = bytes(degrees), z = bytes(z)
  const stride = bytes(rows)
  const step: usize = each == 1 ? 4 : stride
  for (let j = 0; j < dim; j++, normals += 2 * stride, degrees += step, z += stride) {
    for (let t = 0; t < rows; t += 4) {
      const lanes = min(rows - t, 4), at = bytes(t)
      if (each == 1) draw4(true, normals, normals + stride, degrees, z, at, lanes)
      else draw4(false, normals, normals + stride, degrees, z, at, lanes)
    }
  }
}
