import ndarray, { type NdArray } from 'ndarray'
import { UsageError } from '../../errors.js'
import { PURPOSE } from '../../random/purposes.js'
import { type RandomStream, randomStream } from '../../random/stream.js'

/** Which rows of a generator are drawn. */
export interface GeneratorOptions {
  /** An integer from 0 to 2^53 − 1. */
  seed?: number
  /** Number of the first point; default 0. */
  first?: number
}

/** A two-dimensional distribution whose density is known. */
export interface Generator {
  readonly name: string
  readonly columns: readonly [string, string]
  /** Differential entropy H = −E ln p in nats: no model's expected negative log-likelihood is lower. */
  readonly entropy: number
  /**
   * n points [n, 2]. Point i has a stream of its own, so the first n points of any longer set are the same.
   * Throws UsageError unless n is an integer ≥ 0 and the seed one from 0 to 2^53 − 1.
   */
  generate(n: number, options?: GeneratorOptions): NdArray<Float64Array>
  /** ln p(x1, x2) in nats, with an error below 1e-6; −∞ where p is 0 or too small for a number. */
  logProb(x1: number, x2: number): number
}

export type Point = readonly [x1: number, x2: number]

/** How one point is drawn. */
export type Draw = (stream: RandomStream) => Point

export const COLUMNS = ['x1', 'x2'] as const

/** A generator from its density and the way one point is drawn. */
export function generator(
  name: string,
  entropy: number,
  draw: Draw,
  logProb: (x1: number, x2: number) => number,
): Generator {
  return { name, columns: COLUMNS, entropy, generate: (n, options) => drawPoints(name, draw, n, options), logProb }
}

/** Points first … first + n − 1 of a seed [n, 2]; `known` are the options named where another one is given. */
export function drawPoints(
  name: string,
  draw: Draw,
  n: number,
  { seed = 0, first = 0, ...unknown }: GeneratorOptions = {},
  known = '"seed" and "first"',
): NdArray<Float64Array> {
  if (!Number.isSafeInteger(n) || n < 0) {
    throw new UsageError(`${name} was asked for ${String(n)} points; give an integer ≥ 0.`)
  }
  const [stray] = Object.keys(unknown)
  if (stray !== undefined) throw new UsageError(`${name} has no option "${stray}"; it knows ${known}.`)
  if (!Number.isSafeInteger(first) || first < 0) {
    throw new UsageError(`${name} was asked for points from ${String(first)} on; give an integer ≥ 0.`)
  }
  const stream = randomStream(seed, PURPOSE.data, 0)
  const points = new Float64Array(2 * n)
  for (let i = 0; i < n; i++) {
    stream.seek(first + i)
    points.set(draw(stream), 2 * i)
  }
  return ndarray(points, [n, 2])
}
