import type { Heap, Offset } from './heap.js'

/**
 * The operations a flow is made of, over arrays in a heap.
 *
 * Arrays inside a tile are feature-major: `[dim, rows]` holds feature j of row t at `j · rows + t`. Arguments are
 * offsets into `heap.real` unless said otherwise (`heap.f64` for sums, `heap.i32` for row numbers). Kernels check
 * nothing; outputs never overlap inputs unless a comment allows it. A name with `d` before it is a gradient;
 * `dParam` arguments accumulate (`+=`), `dInput` arguments are overwritten.
 */
export interface Kernels {
  readonly name: 'simd' | 'portable'
  readonly heap: Heap

  /**
   * Runs the recorded calls (see ./recording.ts) in i32[program … end), with the gradient that they add to at
   * `gradient`, in one call.
   */
  run(program: Offset, end: Offset, gradient: Offset): void

  // — memory ————————————————————————————————————————————————————————————————————————————————————————————————
  /** y[i] = value */
  fill(n: number, value: number, y: Offset): void
  /** y[i] = x[i] */
  copy(n: number, x: Offset, y: Offset): void
  /** y[i] += x[i] */
  add(n: number, x: Offset, y: Offset): void
  /** f64[total] += Σ x[i], summed in float64 */
  sum(n: number, x: Offset, total: Offset): void
  /**
   * Row-major rows into a tile: x[j, t] = source[row(t) · columns + j], row(t) = i32[indices + t], or t where
   * `indices` is NONE. Lanes t ≥ count repeat the last valid row.
   */
  gather(columns: number, rows: number, count: number, source: Offset, indices: Offset, x: Offset): void
  /** A tile into row-major rows: target[t · columns + j] = x[j, t] for t < count. */
  scatter(columns: number, rows: number, count: number, x: Offset, target: Offset): void

  // — row-major rows in the data's units and standardised; i < n, the column's figures of f64 are those at i mod `period`,
  //   so that they are there 4 times over: period = 4 · columns ——————————————————————————————————————————————————
  /**
   * z[i] = (x[i] − f64[mean + …]) · f64[inverseSd + …], computed in float64 and rounded once; returns max |z[i]|, NaN
   * where one of them is. z may not be x.
   */
  standardise(n: number, period: number, x: Offset, mean: Offset, inverseSd: Offset, z: Offset): number
  /** The same of x in `heap.f64`. */
  standardiseDoubles(n: number, period: number, x: Offset, mean: Offset, inverseSd: Offset, z: Offset): number
  /** f64[x + i] = z[i] · f64[sd + …] + f64[mean + …] */
  destandardise(n: number, period: number, z: Offset, mean: Offset, sd: Offset, x: Offset): void
  /** x[i] += value, in float64 and rounded once */
  shift(n: number, value: number, x: Offset): void

  // — element-wise (y may be x) ——————————————————————————————————————————————————————————————————————————————
  exp(n: number, x: Offset, y: Offset): void
  log(n: number, x: Offset, y: Offset): void
  /** sine[i] = sin x[i], cosine[i] = cos x[i], for x in [0, 2π] */
  sincos(n: number, x: Offset, sine: Offset, cosine: Offset): void
  tanh(n: number, x: Offset, y: Offset): void
  /** dx = dy · (1 − y²), y = tanh x (dx may be dy) */
  tanhBackward(n: number, y: Offset, dy: Offset, dx: Offset): void
  /** y = max(x, 0) */
  relu(n: number, x: Offset, y: Offset): void
  /** dx = dy where y > 0, else 0 (dx may be dy) */
  reluBackward(n: number, y: Offset, dy: Offset, dx: Offset): void

  // — dense ——————————————————————————————————————————————————————————————————————————————————————————————————
  /** y[o, t] = bias[o] + Σᵢ weight[o · outStride + i] · x[i, t], bias 0 where NONE; inDim ≥ 1. */
  dense(
    outDim: number,
    inDim: number,
    rows: number,
    x: Offset,
    weight: Offset,
    outStride: number,
    bias: Offset,
    y: Offset,
  ): void
  /**
   * dWeight[o · outStride + i] += Σₜ dy[o, t] · x[i, t]; dBias[o] += Σₜ dy[o, t] unless dBias is NONE. `scratch` has
   * room for 16 · (rows + outDim).
   */
  denseWeightGradient(
    outDim: number,
    inDim: number,
    rows: number,
    x: Offset,
    dy: Offset,
    dWeight: Offset,
    outStride: number,
    dBias: Offset,
    scratch: Offset,
  ): void
  /** dx[i, t] = Σₒ weight[o · outStride + i] · dy[o, t]; outDim ≥ 1. */
  denseInputGradient(
    outDim: number,
    inDim: number,
    rows: number,
    dy: Offset,
    weight: Offset,
    outStride: number,
    dx: Offset,
  ): void

  // — leaky ReLU, slope α = e^raw, raw one real ———————————————————————————————————————————————————————————————
  /** z = x where x > 0, else α·x; logDet[t] += raw for every non-positive coordinate of row t. x, z [dim, rows] */
  leakyReLU(dim: number, rows: number, raw: Offset, x: Offset, z: Offset, logDet: Offset): void
  /** x = z where z > 0, else z/α; logDet[t] −= raw for every non-positive coordinate. */
  leakyReLUInverse(dim: number, rows: number, raw: Offset, z: Offset, x: Offset, logDet: Offset): void
  /** dx = dz where z > 0, else α·dz; dRaw += Σ over z ≤ 0 of (dz·z + dLogDet). z is the forward's output. */
  leakyReLUBackward(
    dim: number,
    rows: number,
    raw: Offset,
    z: Offset,
    dz: Offset,
    dLogDet: Offset,
    dx: Offset,
    dRaw: Offset,
  ): void
  /** dz = dx where x > 0, else dx/α; dRaw −= Σ over x ≤ 0 of (dx·x + dLogDet). x is the inverse's output. */
  leakyReLUInverseBackward(
    dim: number,
    rows: number,
    raw: Offset,
    x: Offset,
    dx: Offset,
    dLogDet: Offset,
    dz: Offset,
    dRaw: Offset,
  ): void

  // — affine couple of one coordinate; f one real, all else [rows] ——————————————————————————————————————————————
  /** u = tanh(a·e^−f), s = u·e^f, e = e^s, z = (x + t)·e, logDet += s; u and e are kept for the way back. */
  affineCouple(
    rows: number,
    f: Offset,
    a: Offset,
    t: Offset,
    x: Offset,
    z: Offset,
    logDet: Offset,
    u: Offset,
    e: Offset,
  ): void
  /** u = tanh(a·e^−f), s = u·e^f, e = e^−s, x = z·e − t, logDet −= s. */
  affineCoupleInverse(
    rows: number,
    f: Offset,
    a: Offset,
    t: Offset,
    z: Offset,
    x: Offset,
    logDet: Offset,
    u: Offset,
    e: Offset,
  ): void
  /**
   * ds = dz·z + dLogDet; dx = dt = dz·e; da = ds·(1 − u²); df += Σ ds·(u·e^f − a·(1 − u²)).
   * a, u, e, z from the forward.
   */
  affineCoupleBackward(
    rows: number,
    f: Offset,
    a: Offset,
    u: Offset,
    e: Offset,
    z: Offset,
    dz: Offset,
    dLogDet: Offset,
    dx: Offset,
    da: Offset,
    dt: Offset,
    df: Offset,
  ): void
  /**
   * ds = −dx·(x + t) − dLogDet; dz = dx·e; dt = −dx; da = ds·(1 − u²); df += Σ ds·(u·e^f − a·(1 − u²)).
   * a, t, u, e, x from the inverse.
   */
  affineCoupleInverseBackward(
    rows: number,
    f: Offset,
    a: Offset,
    t: Offset,
    u: Offset,
    e: Offset,
    x: Offset,
    dx: Offset,
    dLogDet: Offset,
    dz: Offset,
    da: Offset,
    dt: Offset,
    df: Offset,
  ): void

  // — a whole coupling of one kept and one moved coordinate, its conditioner of one hidden tanh layer of width H ——————
  /**
   * h = tanh(W₁ kept + b₁), (a, t) = W₂ h + b₂, zKept = kept, then as affineCouple. `params` holds W₁ [H, 1], b₁ [H],
   * W₂ [2, H], b₂ [2], f; h [H, rows], H ≥ 1, everything else [rows]. In the SIMD kernels a tanh has its argument scaled
   * first, and a short form where the weights bound it; everything else has the bits of the separate kernels.
   */
  narrowCoupling(
    hidden: number,
    rows: number,
    params: Offset,
    kept: Offset,
    x: Offset,
    zKept: Offset,
    z: Offset,
    logDet: Offset,
    h: Offset,
    a: Offset,
    u: Offset,
    e: Offset,
  ): void
  /**
   * h and (a, t) as above, xKept = kept, then as affineCoupleInverse, with bits as above.
   */
  narrowCouplingInverse(
    hidden: number,
    rows: number,
    params: Offset,
    kept: Offset,
    z: Offset,
    xKept: Offset,
    x: Offset,
    logDet: Offset,
    h: Offset,
    a: Offset,
    t: Offset,
    u: Offset,
    e: Offset,
  ): void
  /**
   * As affineCoupleBackward into (dx, da, dt), then through the conditioner: dxKept = dzKept + W₁ᵀ((W₂ᵀ(da, dt))(1 − h²)),
   * dParams += in the layout of `params`. dxKept and dx may be dzKept and dz; `scratch` has room for 4 · (rows + hidden),
   * rows rounded up to a multiple of 4. In the SIMD kernels, for rows a multiple of 4, the sums too have the bits of the
   * separate ones.
   */
  narrowCouplingBackward(
    hidden: number,
    rows: number,
    params: Offset,
    dParams: Offset,
    kept: Offset,
    z: Offset,
    h: Offset,
    a: Offset,
    u: Offset,
    e: Offset,
    dzKept: Offset,
    dz: Offset,
    dLogDet: Offset,
    dxKept: Offset,
    dx: Offset,
    scratch: Offset,
  ): void
  /**
   * leakyReLU from (kept, x) to (bentKept, bent), then narrowCoupling from there, in the SIMD kernels with the same bits.
   * zKept and z may be kept and x.
   */
  leakyNarrowCoupling(
    hidden: number,
    rows: number,
    raw: Offset,
    params: Offset,
    kept: Offset,
    x: Offset,
    bentKept: Offset,
    bent: Offset,
    zKept: Offset,
    z: Offset,
    logDet: Offset,
    h: Offset,
    a: Offset,
    u: Offset,
    e: Offset,
  ): void
  /**
   * narrowCouplingBackward and from there leakyReLUBackward, in the SIMD kernels with the same bits: `kept` and x are
   * what came out of the leaky ReLU, dxKept and dx the gradients of what went in. They may be dzKept and dz.
   */
  leakyNarrowCouplingBackward(
    hidden: number,
    rows: number,
    raw: Offset,
    dRaw: Offset,
    params: Offset,
    dParams: Offset,
    kept: Offset,
    x: Offset,
    z: Offset,
    h: Offset,
    a: Offset,
    u: Offset,
    e: Offset,
    dzKept: Offset,
    dz: Offset,
    dLogDet: Offset,
    dxKept: Offset,
    dx: Offset,
    scratch: Offset,
  ): void

  // — standard normal base ————————————————————————————————————————————————————————————————————————————————————
  /** logProb[t] = logDet[t] − ½ Σⱼ z[j, t]² − (dim/2)·ln 2π */
  gaussian(dim: number, rows: number, z: Offset, logDet: Offset, logProb: Offset): void
  /** dz[j, t] = −z[j, t] · dLogProb[t], and exactly 0 where dLogProb[t] is 0 whatever z is */
  gaussianBackward(dim: number, rows: number, z: Offset, dLogProb: Offset, dz: Offset): void

  // — random ——————————————————————————————————————————————————————————————————————————————————————————————————
  /**
   * Philox 4x32-10: i32[words + 4t + w] = word w of key (keyLow, keyHigh), counter (index, purpose, draw) with the
   * 64-bit index = (indexHigh, indexLow) + t. All arguments but `words` are unsigned 32-bit integers.
   */
  philox(
    rows: number,
    keyLow: number,
    keyHigh: number,
    indexLow: number,
    indexHigh: number,
    purpose: number,
    draw: number,
    words: Offset,
  ): void
  /**
   * z[j, t] ~ N(0, 1) for row index + t: Box-Muller on the Philox words of draw ⌊j/4⌋. Words (0, 1) give the normals
   * of columns 4k and 4k+1 (cosine, sine), words (2, 3) those of 4k+2 and 4k+3: radius √(−2 ln u), u = (w + ½)·2⁻³²
   * from the first word (float32: rounded to nearest at each step), angle 2π·⌊w/2⁸⌋·2⁻²⁴ from the second.
   * |z| ≤ 6.77.
   */
  normal(
    dim: number,
    rows: number,
    keyLow: number,
    keyHigh: number,
    indexLow: number,
    indexHigh: number,
    purpose: number,
    z: Offset,
  ): void

  // — optimiser ———————————————————————————————————————————————————————————————————————————————————————————————
  /**
   * AdamW (Loshchilov & Hutter, arXiv:1711.05101, algorithm 2) with g = gradient·scale:
   * m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − lr·(m·c₁/(√(v·c₂) + ε) + weightDecay·θ), cᵢ = 1/(1 − βᵢᵗ).
   */
  adamw(
    n: number,
    theta: Offset,
    gradient: Offset,
    m: Offset,
    v: Offset,
    scale: number,
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
    c1: number,
    c2: number,
  ): void
}
