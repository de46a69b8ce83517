// A rational quadratic within one bin. With ξ from the bin's left end and η from its right one, both as shares of it,
// A = ξ(sξ + d₀η) and C = η(sη + d₁ξ), it is f = A/(A + C): the usual denominator s + (d₀ + d₁ − 2s)ξη is A + C, as
// 1 = (ξ + η)². No difference is left in it, so that float32 does for any slopes. Every step of `share` and of
// `inverseRatio` is monotone in what the row gives it, and rounding is: of two rows the greater never comes out smaller.

/** A + C */
@inline
export function denominator(xi: v128, eta: v128, s: v128, d0: v128, d1: v128): v128 {
  return f32x4.add(risen(xi, eta, s, d0), risen(eta, xi, s, d1))
}

/** A = ξ(sξ + d₀η), and C with the ends exchanged */
@inline
function risen(xi: v128, eta: v128, s: v128, d0: v128): v128 {
  return f32x4.mul(xi, f32x4.add(f32x4.mul(s, xi), f32x4.mul(d0, eta)))
}

/** N = d₁ξ² + 2sξη + d₀η²; ∂f/∂ξ = s·N/(A + C)² */
@inline
export function numerator(xi: v128, eta: v128, s: v128, d0: v128, d1: v128): v128 {
  const right = f32x4.mul(xi, f32x4.add(f32x4.mul(d1, xi), f32x4.mul(s, eta)))
  return f32x4.add(right, f32x4.mul(eta, f32x4.add(f32x4.mul(d0, eta), f32x4.mul(s, xi))))
}

/**
 * A/(A + C) = 1/(1 + (s·b/a + d₁)/(s·a/b + d₀)), for the distances a and b from the bin's ends, of which one may be 0. As a
 * grows and b falls, no step goes back.
 */
@inline
export function share(a: v128, b: v128, s: v128, d0: v128, d1: v128): v128 {
  const rest = f32x4.add(f32x4.div(f32x4.mul(s, b), a), d1)
  const q = f32x4.div(rest, f32x4.add(f32x4.div(f32x4.mul(s, a), b), d0))
  return f32x4.div(f32x4.splat(1), f32x4.add(q, f32x4.splat(1)))
}

/**
 * η/ξ of what `share` maps to c/(c + e). With ρ = e/c, d₀ρ − d₁ = v ≥ 0: η/ξ = (v + √(v² + 4s²ρ))/2s; where v < 0 the same
 * from the other end, with ρ = c/e and slopes exchanged, gives ξ/η. Both are √(d₁/d₀) where they meet, which is also held
 * to where rounding would let them cross. Too large for float32 is ∞, and ξ 0.
 */
@inline
export function inverseRatio(c: v128, e: v128, s: v128, d0: v128, d1: v128): v128 {
  const near = f32x4.ge(f32x4.mul(d0, e), f32x4.mul(d1, c))
  const rho = f32x4.div(v128.bitselect(e, c, near), v128.bitselect(c, e, near))
  const own = v128.bitselect(d0, d1, near)
  const other = v128.bitselect(d1, d0, near)
  const v = f32x4.pmax(f32x4.sub(f32x4.mul(own, rho), other), f32x4.splat(0))
  const twice = f32x4.add(s, s)
  const root = f32x4.sqrt(f32x4.add(f32x4.mul(v, v), f32x4.mul(f32x4.mul(twice, twice), rho)))
  const sum = f32x4.add(v, root)
  const ratio = f32x4.div(v128.bitselect(sum, twice, near), v128.bitselect(twice, sum, near))
  const meeting = f32x4.sqrt(f32x4.div(d1, d0))
  return v128.bitselect(f32x4.pmax(ratio, meeting), f32x4.pmin(ratio, meeting), near)
}
