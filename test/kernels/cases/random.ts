import { philox } from '#random/philox.js'
import { type Bound, type Case, exact } from '../case.js'
import { LOG_ULP, TRIG_ERROR } from '../claims.js'
import { blank, LENGTHS } from '../inputs.js'
import { EPS } from '../ulp.js'

/** Words with their top bit set among them: they must pass as unsigned. */
const KEY = [0x89abcdef, 0xfedcba98] as const
const PURPOSE = 0xc0ffee00
const DRAW = 0x80000001
/** Indices of the first row; the second lets the low word overflow at row 2, and the high word with it. */
const STARTS = [
  [7, 0],
  [0xfffffffe, 0xffffffff],
]

/** [indexLow, indexHigh, rows] */
const philoxSizes = STARTS.flatMap((start) => LENGTHS.map((rows) => [...start, rows]))
/** [indexLow, indexHigh, rows, dim], dims around the four normals of a draw */
const normalSizes = philoxSizes.flatMap((size) => [1, 2, 3, 4, 5, 9].map((dim) => [...size, dim]))

const words = new Uint32Array(4)

/** The radius word of column j, row t. */
function radiusWord(low: number, high: number, t: number, j: number): number {
  const carry = low + t >= 2 ** 32 ? 1 : 0
  philox(KEY[0], KEY[1], low + t, high + carry, PURPOSE, Math.floor(j / 4), words)
  return words[j & 2]
}

/**
 * Float32 rounds w and w + ½, so u is off by 2ε of itself and ln u by 2ε and LOG_ULP ulp. With d = Δ(r²) = 2(2ε + …),
 * the root is off by |√(r² + d) − √r²| ≤ min(√d, d/r): near u = 1 the radius is small and inexact, by at most 5e-4.
 * The root and the product round once each, and sine or cosine is off by TRIG_ERROR.
 */
function normalTolerance(w: number): number {
  const square = -2 * Math.log((w + 0.5) / 2 ** 32)
  const d = 4 * EPS + 2 * LOG_ULP * EPS * square
  const radius = Math.sqrt(square)
  const dRadius = Math.min(Math.sqrt(d), d / radius)
  return dRadius + (radius + dRadius) * (TRIG_ERROR + 2 * EPS)
}

const ofRadius: Bound = {
  claim: `min(√d, d/r) + r·${TRIG_ERROR}, d = 4ε + 2ε·r²`,
  tolerance(i, { size: [low, high, rows] }) {
    return normalTolerance(radiusWord(low, high, i % rows, Math.floor(i / rows)))
  },
}

export const randomCases: readonly Case[] = [
  {
    kernel: 'philox',
    variant: 'carries included',
    sizes: philoxSizes,
    arrays: (_low, _high, rows) => ({ words: new Int32Array(4 * rows).fill(-1) }),
    run: (k, at, low, high, rows) => k.philox(rows, KEY[0], KEY[1], low, high, PURPOSE, DRAW, at.words),
    outputs: () => ({ words: exact }),
  },
  {
    kernel: 'normal',
    sizes: normalSizes,
    arrays: (_low, _high, rows, dim) => ({ z: blank(dim * rows) }),
    run: (k, { z }, low, high, rows, dim) => k.normal(dim, rows, KEY[0], KEY[1], low, high, PURPOSE, z),
    outputs: () => ({ z: ofRadius }),
  },
  {
    kernel: 'uniform',
    sizes: normalSizes,
    arrays: (_low, _high, rows, dim) => ({ u: blank(dim * rows) }),
    run: (k, { u }, low, high, rows, dim) => k.uniform(dim, rows, KEY[0], KEY[1], low, high, PURPOSE, u),
    // w + ½ rounds once; next to 1 it is the largest number below.
    outputs: () => ({ u: { claim: '2·ε', tolerance: () => 2 * EPS } }),
  },
]
