// Activations of hidden units whose slope follows from what went in; y may be x, dx may be dy.
import {
  choose, expOfNegativeAbs, gauss4, logistic4, lowerTail4, normalDistribution4, tailArgument,
} from './functions'
import { bytes, load, store } from './lanes'

export function silu(n: i32, x: usize, y: usize): void {
  for (let i = 0; i < n; i += 4) {
    const lanes = min(n - i, 4)
    const value = load(bytes(x + i), lanes)
    store(bytes(y + i), f32x4.mul(value, logistic4(value, expOfNegativeAbs(value))), lanes)
  }
}

/** σ(x)·(1 + x·σ(−x)) */
@inline
function siluSlope4(x: v128): v128 {
  const e = expOfNegativeAbs(x)
  const most = f32x4.div(f32x4.splat(1), f32x4.add(e, f32x4.splat(1)))
  const least = f32x4.mul(e, most)
  const negative = f32x4.lt(x, f32x4.splat(0))
  const bend = f32x4.mul(x, choose(negative, most, least))
  return f32x4.mul(choose(negative, least, most), f32x4.add(bend, f32x4.splat(1)))
}

export function siluBackward(n: i32, x: usize, dy: usize, dx: usize): void {
  for (let i = 0; i < n; i += 4) {
    const lanes = min(n - i, 4)
    const slope = siluSlope4(load(bytes(x + i), lanes))
    store(bytes(dx + i), f32x4.mul(load(bytes(dy + i), lanes), slope), lanes)
  }
}

export function gelu(n: i32, x: usize, y: usize): void {
  for (let i = 0; i < n; i += 4) {
    const lanes = min(n - i, 4)
    const value = load(bytes(x + i), lanes)
    const a = tailArgument(value)
    const below = normalDistribution4(value, lowerTail4(a, gauss4(a)))
    store(bytes(y + i), f32x4.mul(value, below), lanes)
  }
}

/** 1/√2π */
const GAUSS_SCALE: f32 = 0.3989422804014327

export function geluBackward(n: i32, x: usize, dy: usize, dx: usize): void {
  for (let i = 0; i < n; i += 4) {
    const lanes = min(n - i, 4)
    const value = load(bytes(x + i), lanes)
    const a = tailArgument(value)
    const gauss = gauss4(a)
    const density = f32x4.mul(gauss, f32x4.splat(GAUSS_SCALE))
    const slope = f32x4.add(normalDistribution4(value, lowerTail4(a, gauss)), f32x4.mul(value, density))
    store(bytes(dx + i), f32x4.mul(load(bytes(dy + i), lanes), slope), lanes)
  }
}

export function multiply(n: i32, a: usize, b: usize, y: usize): void {
  for (let i = 0; i < n; i += 4) {
    const lanes = min(n - i, 4)
    store(bytes(y + i), f32x4.mul(load(bytes(a + i), lanes), load(bytes(b + i), lanes)), lanes)
  }
}

export function subtract(n: i32, x: usize, y: usize): void {
  for (let i = 0; i < n; i += 4) {
    const lanes = min(n - i, 4)
    store(bytes(y + i), f32x4.sub(load(bytes(y + i), lanes), load(bytes(x + i), lanes)), lanes)
  }
}
