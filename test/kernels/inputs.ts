import { randomStream } from '#random/stream.js'

/** Around the width of a vector, of two, and of a tile, with every remainder by 4 before and after whole vectors. */
export const LENGTHS = [0, 1, 2, 3, 4, 5, 6, 8, 31, 127, 128, 129, 130]
export const DIMS = [1, 2, 5]

/** Every dim with every length. */
export const TILES = DIMS.flatMap((dim) => LENGTHS.map((rows) => [dim, rows]))

/** A purpose of these tests' own. */
const PURPOSE = 98

/** Normals times a factor, as float32. */
export function normals(n: number, seed: number, factor = 1): Float32Array {
  const stream = randomStream(seed, PURPOSE, n)
  return Float32Array.from({ length: n }, () => factor * stream.normal())
}

/** Uniform from low up to high, as float32. */
export function uniforms(n: number, seed: number, low: number, high: number): Float32Array {
  const stream = randomStream(seed, PURPOSE, n)
  return Float32Array.from({ length: n }, () => low + (high - low) * stream.uniform())
}

/** What an overwritten output holds before the call: no result equals it. */
export function blank(n: number): Float32Array {
  return new Float32Array(n).fill(-777777.75)
}

/** Normals, every fifth replaced by an edge: zeros of both signs and the tiniest numbers. */
export function normalsWithEdges(n: number, seed: number): Float32Array {
  const edges = [0, -0, 2 ** -149, -(2 ** -149), -(2 ** -126), 2 ** -126, -1e-20]
  return normals(n, seed).map((value, i) => (i % 5 === 2 ? edges[Math.floor(i / 5) % edges.length] : value))
}
