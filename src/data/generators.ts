import ndarray, { type NdArray } from 'ndarray'
import { UsageError } from '../errors.js'
import { ln } from '../random/elementary.js'
import { PURPOSE } from '../random/purposes.js'
import { type RandomStream, randomStream } from '../random/stream.js'

const LN_2PI = ln(2 * Math.PI)

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
  /** ln p(x1, x2) in nats. */
  logProb(x1: number, x2: number): number
}

type Point = readonly [x1: number, x2: number]

/** A generator from its density and the way one point is drawn. */
function generator(
  name: string,
  entropy: number,
  draw: (stream: RandomStream) => Point,
  logProb: (x1: number, x2: number) => number,
): Generator {
  function generate(n: number, { seed = 0, first = 0, ...unknown }: GeneratorOptions = {}): NdArray<Float64Array> {
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new UsageError(`${name} was asked for ${String(n)} points; give an integer ≥ 0.`)
    }
    const [stray] = Object.keys(unknown)
    if (stray !== undefined) throw new UsageError(`${name} has no option "${stray}"; it knows "seed" and "first".`)
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
  return { name, columns: ['x1', 'x2'], entropy, generate, logProb }
}

const JANG_SD = 4

/** The crescent of E. Jang, "Normalizing flows tutorial, part 2" (2018): x2 ~ N(0, sd 4), x1 ~ N(x2²/4, sd 1). */
const crescent = generator(
  'jang',
  1 + LN_2PI + ln(JANG_SD),
  (stream) => {
    const x2 = JANG_SD * stream.normal()
    return [(x2 * x2) / 4 + stream.normal(), x2]
  },
  (x1, x2) => {
    const a = x1 - (x2 * x2) / 4
    const b = x2 / JANG_SD
    return -0.5 * (a * a + b * b) - LN_2PI - ln(JANG_SD)
  },
)

/** Every generator by its name. */
export const generators: ReadonlyMap<string, Generator> = new Map([crescent].map((g) => [g.name, g]))

/** n points [n, 2] of the crescent x2 ~ N(0, sd 4), x1 ~ N(x2²/4, sd 1); see Generator.generate. */
export const jang = crescent.generate
