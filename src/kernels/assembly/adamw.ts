import { loadPart, splat, storePart } from './vector'

/** The step's scalars as they are needed in every lane. */
@inline
function moment(value: v128, beta: v128, rest: v128, next: v128): v128 {
  return f32x4.add(f32x4.mul(beta, value), f32x4.mul(rest, next))
}

@inline
function updated(
  theta: v128, m: v128, v: v128, learningRate: v128, epsilon: v128, weightDecay: v128, c1: v128, c2: v128,
): v128 {
  const direction = f32x4.div(f32x4.mul(m, c1), f32x4.add(f32x4.sqrt(f32x4.mul(v, c2)), epsilon))
  return f32x4.sub(theta, f32x4.mul(learningRate, f32x4.add(direction, f32x4.mul(weightDecay, theta))))
}

/** rest1 = 1 − β₁ and rest2 = 1 − β₂ come rounded from float64. */
export function adamw(
  n: i32, theta: usize, gradient: usize, m: usize, v: usize, scale: f32, learningRate: f32,
  beta1: f32, rest1: f32, beta2: f32, rest2: f32, epsilon: f32, weightDecay: f32, c1: f32, c2: f32,
): void {
  const lr = splat(learningRate), eps = splat(epsilon), decay = splat(weightDecay), k1 = splat(c1), k2 = splat(c2)
  for (let i = 0; i < n; i += 4, theta += 16, gradient += 16, m += 16, v += 16) {
    const left = n - i
    const whole = left >= 4
    const g = f32x4.mul(whole ? v128.load(gradient) : loadPart(gradient, left), splat(scale))
    const m1 = moment(whole ? v128.load(m) : loadPart(m, left), splat(beta1), splat(rest1), g)
    const v1 = moment(whole ? v128.load(v) : loadPart(v, left), splat(beta2), splat(rest2), f32x4.mul(g, g))
    const next = updated(whole ? v128.load(theta) : loadPart(theta, left), m1, v1, lr, eps, decay, k1, k2)
    if (whole) {
      v128.store(m, m1)
      v128.store(v, v1)
      v128.store(theta, next)
    } else {
      storePart(m, m1, left)
      storePart(v, v1, left)
      storePart(theta, next, left)
    }
  }
}
