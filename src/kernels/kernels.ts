import type { Heap, Offset } from './heap.js'
import type { ArgumentsOf, OperationName } from './program.js'

/** Numbers of a block that `squares` adds up. */
export const SQUARES_BLOCK = 16

/**
 * What runs a flow's arithmetic over arrays in a heap: recorded passes of the operations declared in ./operations, and
 * kernels that are called outside of them.
 *
 * Arrays inside a tile are feature-major: `[dim, rows]` holds feature j of row t at `j · rows + t`. Arguments are
 * offsets into `heap.real` unless said otherwise (`heap.f64` for sums, `heap.i32` for row numbers). Kernels check
 * nothing; outputs never overlap inputs unless a comment allows it. A name with `d` before it is a gradient;
 * gradients of parameters accumulate (`+=`), those of inputs are overwritten.
 */
export interface Kernels {
  readonly name: 'simd' | 'portable'
  readonly heap: Heap

  /** Runs the recorded calls in i32[program … end) (./program.ts), with the gradient that they add to at `gradient`. */
  run(program: Offset, end: Offset, gradient: Offset): void
  /** Runs one operation by itself: counts, offsets and values by name. */
  call<Name extends OperationName>(name: Name, args: ArgumentsOf<Name>): void

  // — memory ————————————————————————————————————————————————————————————————————————————————————————————————
  /** y[i] = value */
  fill(n: number, value: number, y: Offset): void
  /** y[i] = x[i] */
  copy(n: number, x: Offset, y: Offset): void
  /** y[i] += x[i] */
  add(n: number, x: Offset, y: Offset): void
  /** f64[total] += Σ x[i], summed in float64 */
  sum(n: number, x: Offset, total: Offset): void
  /** f64[total] += Σ x[i]·y[i], multiplied and summed in float64 */
  dot(n: number, x: Offset, y: Offset, total: Offset): void
  /** f64[sums + b] = Σ x[i]² of block b of SQUARES_BLOCK numbers, the last one of what is left; in float64 */
  squares(n: number, x: Offset, sums: Offset): void
  /** y[i] += factor·x[i] */
  addScaled(n: number, factor: number, x: Offset, y: Offset): void
  /** y[i] += rate·(x[i] − y[i]) */
  approach(n: number, rate: number, x: Offset, y: Offset): void
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

  /** sine[i] = sin x[i], cosine[i] = cos x[i], for x in [0, 2π] */
  sincos(n: number, x: Offset, sine: Offset, cosine: Offset): void

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

  /**
   * u[j, t] uniform in (0, 1) for row index + t: (w + ½)·2⁻³² of word j mod 4 of the Philox block of draw ⌊j/4⌋, and in
   * float32 the largest number below 1 where that would round to 1.
   */
  uniform(
    dim: number,
    rows: number,
    keyLow: number,
    keyHigh: number,
    indexLow: number,
    indexHigh: number,
    purpose: number,
    u: Offset,
  ): void

  // — optimiser ———————————————————————————————————————————————————————————————————————————————————————————————
  /**
   * AdamW (Loshchilov & Hutter, arXiv:1711.05101, algorithm 2) with g = gradient·scale:
   * m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − lr·(m·c₁/(√(v·c₂) + ε) + weightDecay·θ), cᵢ = 1/(1 − βᵢᵗ).
   * Moments below the smallest normal number become 0.
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
