import { bytes, load, store, wholeBytes } from './lanes'
import { MIN_NORMAL } from './math'

/** What is less than the smallest normal number becomes 0; NaN stays. */
@inline
function normal(moment: v128): v128 {
  return v128.andnot(moment, f32x4.lt(f32x4.abs(moment), f32x4.splat(MIN_NORMAL)))
}

@inline
function adamw4(
  theta: usize, gradient: usize, m: usize, v: usize, scale: v128, learningRate: v128, beta1: v128, rest1: v128,
  beta2: v128, rest2: v128, epsilon: v128, weightDecay: v128, c1: v128, c2: v128, lanes: i32,
): void {
  const g = f32x4.mul(load(gradient, lanes), scale)
  // Of a parameter that has no gradient any more, such as a ReLU unit's, moments shrink to some of the smallest numbers and
  // stay there, for 0.9 of those rounds to themselves; with such numbers a core takes a hundred times as long.
  const m1 = normal(f32x4.add(f32x4.mul(beta1, load(m, lanes)), f32x4.mul(rest1, g)))
  const v1 = normal(f32x4.add(f32x4.mul(beta2, load(v, lanes)), f32x4.mul(f32x4.mul(rest2, g), g)))
  store(m, m1, lanes)
  store(v, v1, lanes)
  const old = load(theta, lanes)
  const root = f32x4.add(f32x4.sqrt(f32x4.mul(v1, c2)), epsilon)
  const direction = f32x4.add(f32x4.div(f32x4.mul(m1, c1), root), f32x4.mul(weightDecay, old))
  store(theta, f32x4.sub(old, f32x4.mul(learningRate, direction)), lanes)
}

/** Scalars are rounded to float32 once; 1 − β in double precision before that. */
export function adamw(
  n: i32, theta: usize, gradient: usize, m: usize, v: usize, scale: f64, learningRate: f64,
  beta1: f64, beta2: f64, epsilon: f64, weightDecay: f64, c1: f64, c2: f64,
): void {
  const scales = f32x4.splat(<f32>scale)
  const rate = f32x4.splat(<f32>learningRate)
  const b1 = f32x4.splat(<f32>beta1)
  const b2 = f32x4.splat(<f32>beta2)
  const r1 = f32x4.splat(<f32>(1 - beta1))
  const r2 = f32x4.splat(<f32>(1 - beta2))
  const eps = f32x4.splat(<f32>epsilon)
  const decay = f32x4.splat(<f32>weightDecay)
  const f1 = f32x4.splat(<f32>c1)
  const f2 = f32x4.splat(<f32>c2)
  const th = bytes(theta)
  const gr = bytes(gradient)
  const ms = bytes(m)
  const vs = bytes(v)
  const whole = wholeBytes(n)
  let i: usize = 0
  for (; i < whole; i += 16) {
    adamw4(th + i, gr + i, ms + i, vs + i, scales, rate, b1, r1, b2, r2, eps, decay, f1, f2, 4)
  }
  if (n & 3) adamw4(th + i, gr + i, ms + i, vs + i, scales, rate, b1, r1, b2, r2, eps, decay, f1, f2, n & 3)
}
