// What this machine can do at best with 128-bit vectors: twelve independent sums in registers, nothing loaded or
// stored inside the loop. Each call does n × 12 vector operations. AssemblyScript; compiled by ../build.mjs.

@inline
function finish(a: v128, b: v128, c: v128, d: v128, e: v128, f: v128): f32 {
  const sum = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(e, f))
  return f32x4.extract_lane(sum, 0)
}

/** n × 12 additions */
export function additions(n: i32, x: f32): f32 {
  const s = f32x4.splat(x)
  let a = s, b = s, c = s, d = s, e = s, f = s
  let g = s, h = s, i = s, j = s, k = s, l = s
  for (let t = 0; t < n; t++) {
    a = f32x4.add(a, s), b = f32x4.add(b, s), c = f32x4.add(c, s), d = f32x4.add(d, s)
    e = f32x4.add(e, s), f = f32x4.add(f, s), g = f32x4.add(g, s), h = f32x4.add(h, s)
    i = f32x4.add(i, s), j = f32x4.add(j, s), k = f32x4.add(k, s), l = f32x4.add(l, s)
  }
  return finish(a, b, c, d, e, f) + finish(g, h, i, j, k, l)
}

/** n × 12 multiplications */
export function multiplications(n: i32, x: f32): f32 {
  const s = f32x4.splat(x)
  let a = s, b = s, c = s, d = s, e = s, f = s
  let g = s, h = s, i = s, j = s, k = s, l = s
  for (let t = 0; t < n; t++) {
    a = f32x4.mul(a, s), b = f32x4.mul(b, s), c = f32x4.mul(c, s), d = f32x4.mul(d, s)
    e = f32x4.mul(e, s), f = f32x4.mul(f, s), g = f32x4.mul(g, s), h = f32x4.mul(h, s)
    i = f32x4.mul(i, s), j = f32x4.mul(j, s), k = f32x4.mul(k, s), l = f32x4.mul(l, s)
  }
  return finish(a, b, c, d, e, f) + finish(g, h, i, j, k, l)
}

/** n × 6 multiplications beside n × 6 additions */
export function mixed(n: i32, x: f32): f32 {
  const s = f32x4.splat(x)
  let a = s, b = s, c = s, d = s, e = s, f = s
  let g = s, h = s, i = s, j = s, k = s, l = s
  for (let t = 0; t < n; t++) {
    a = f32x4.add(a, s), b = f32x4.mul(b, s), c = f32x4.add(c, s), d = f32x4.mul(d, s)
    e = f32x4.add(e, s), f = f32x4.mul(f, s), g = f32x4.add(g, s), h = f32x4.mul(h, s)
    i = f32x4.add(i, s), j = f32x4.mul(j, s), k = f32x4.add(k, s), l = f32x4.mul(l, s)
  }
  return finish(a, b, c, d, e, f) + finish(g, h, i, j, k, l)
}
