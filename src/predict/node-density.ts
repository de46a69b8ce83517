/** Of the mass: what of it nodes may miss together. */
export const TOLERANCE = 1e-4
/** And what the outermost interval may hold: less than would be seen. */
const END_SHARE = 1e-6
/** An outermost interval that holds more gets another one beside it, so many times as wide. */
const WIDENING = 2
/** Nodes at most; a density that jumps asks for more and more. */
const MOST_NODES = 4096

/** Three-point Gauss-Legendre on [0, 1], exact to the fifth degree. */
export const GAUSS = [
  { at: 0.5 - Math.sqrt(0.15), weight: 5 / 18 },
  { at: 0.5, weight: 8 / 18 },
  { at: 0.5 + Math.sqrt(0.15), weight: 5 / 18 },
]

/**
 * A density on a line that is known at nodes, and more of them where it bends, until pieces of straight lines between them
 * have its mass to the tolerance, 1e-4. Nodes 2i, 2i + 1 and 2i + 2 are an interval and its middle.
 */
export class NodeDensity {
  #y: Float64Array
  /** ln of the density but for a constant; NaN where it is wanted. */
  #log: Float64Array
  /** Filled in at the end: the density, of mass 1, and its integral up to each node. */
  #density = new Float64Array(0)
  #below = new Float64Array(0)
  #ended = false
  #logMass = Number.NaN

  /** `edges` ascend, two at least; beyond `low` and `high` there is nothing. */
  constructor(
    edges: Float64Array,
    readonly low = Number.NEGATIVE_INFINITY,
    readonly high = Number.POSITIVE_INFINITY,
    readonly tolerance = TOLERANCE,
  ) {
    this.#y = withMiddles(edges)
    this.#log = new Float64Array(this.#y.length).fill(Number.NaN)
  }

  /** Places at which the density is wanted next. */
  wanted(): Float64Array {
    return this.#y.filter((_, i) => Number.isNaN(this.#log[i]))
  }

  /** Takes ln of the density at those, and decides where more are wanted. */
  take(values: Float64Array): void {
    let at = 0
    for (let i = 0; i < this.#y.length; i++) if (Number.isNaN(this.#log[i])) this.#log[i] = values[at++]
    this.#refine()
  }

  /** Whether there is a density at all: all of it may lie beyond what float32 can tell. */
  get isEmpty(): boolean {
    return !this.#log.some((value) => value > Number.NEGATIVE_INFINITY)
  }

  #refine(): void {
    const y = this.#y
    const top = this.#log.reduce((a, b) => Math.max(a, b))
    if (top === Number.NEGATIVE_INFINITY || y.length >= MOST_NODES) return
    const density = this.#log.map((value) => Math.exp(value - top))
    const intervals = (y.length - 1) / 2
    const masses = new Float64Array(intervals)
    const errors = new Float64Array(intervals)
    let total = 0
    for (let i = 0; i < intervals; i++) {
      const [a, b, c] = density.subarray(2 * i, 2 * i + 3)
      const width = y[2 * i + 2] - y[2 * i]
      masses[i] = (width * (a + 2 * b + c)) / 4
      errors[i] = Math.abs((width * (a + 4 * b + c)) / 6 - masses[i])
      total += masses[i]
    }
    const error = errors.reduce((sum, value) => sum + value, 0)
    const isRough = error > this.tolerance * total
    const split = (i: number) => isRough && errors[i] > (this.tolerance * total) / (2 * intervals)
    const edges: number[] = []
    const known = new Map<number, number>()
    const keep = (i: number) => known.set(y[i], this.#log[i])
    if (masses[0] > END_SHARE * total && y[0] > this.low)
      edges.push(Math.max(this.low, y[0] - WIDENING * (y[2] - y[0])))
    for (let i = 0; i < intervals; i++) {
      edges.push(y[2 * i])
      for (let k = 0; k < 3; k++) keep(2 * i + k)
      if (split(i) && y[2 * i] < y[2 * i + 1] && y[2 * i + 1] < y[2 * i + 2]) edges.push(y[2 * i + 1])
    }
    const last = y.length - 1
    edges.push(y[last])
    if (masses[intervals - 1] > END_SHARE * total && y[last] < this.high) {
      edges.push(Math.min(this.high, y[last] + WIDENING * (y[last] - y[last - 2])))
    }
    if (2 * edges.length - 1 === y.length) return
    this.#y = withMiddles(Float64Array.from(edges))
    this.#log = this.#y.map((place) => known.get(place) ?? Number.NaN)
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    const y = this.#y
    const top = this.#log.reduce((a, b) => Math.max(a, b))
    this.#density = this.#log.map((value) => Math.exp(value - top))
    this.#below = new Float64Array(y.length)
    for (let i = 1; i < y.length; i++) {
      this.#below[i] = this.#below[i - 1] + ((y[i] - y[i - 1]) * (this.#density[i - 1] + this.#density[i])) / 2
    }
    const total = this.#below[y.length - 1]
    for (let i = 0; i < y.length; i++) {
      this.#density[i] /= total
      this.#below[i] /= total
    }
    this.#logMass = top + Math.log(total)
  }

  /** ln of the integral of what `take` was given. */
  get logMass(): number {
    if (this.isEmpty) return Number.NEGATIVE_INFINITY
    this.#end()
    return this.#logMass
  }

  /** The density there, of mass 1 in all. */
  at(value: number): number {
    this.#end()
    const y = this.#y
    if (!(value >= y[0] && value <= y[y.length - 1])) return 0
    let i = 1
    while (y[i] < value) i++
    const share = (value - y[i - 1]) / (y[i] - y[i - 1])
    return this.#density[i - 1] + share * (this.#density[i] - this.#density[i - 1])
  }

  /** Mean and standard deviation. */
  moments(): { mean: number; sd: number } {
    this.#end()
    const y = this.#y
    const centre = this.quantile(0.5)
    let [first, second] = [0, 0]
    for (let i = 1; i < y.length; i++) {
      const [a, b] = [y[i - 1] - centre, y[i] - centre]
      const [f, g] = [this.#density[i - 1], this.#density[i]]
      first += ((b - a) * (f * (2 * a + b) + g * (a + 2 * b))) / 6
      second += ((b - a) * (f * (3 * a * a + 2 * a * b + b * b) + g * (a * a + 2 * a * b + 3 * b * b))) / 12
    }
    return { mean: centre + first, sd: Math.sqrt(Math.max(0, second - first * first)) }
  }

  /** The value below which there is so much of the mass. */
  quantile(probability: number): number {
    this.#end()
    const y = this.#y
    let i = 1
    while (i < y.length - 1 && this.#below[i] < probability) i++
    const width = y[i] - y[i - 1]
    const [f, g] = [this.#density[i - 1], this.#density[i]]
    const rest = Math.max(0, probability - this.#below[i - 1])
    const root = Math.sqrt(Math.max(0, f * f + (2 * rest * (g - f)) / width))
    return f + root === 0 ? y[i - 1] : Math.min(y[i], y[i - 1] + (2 * rest) / (f + root))
  }

  /** The mass below a value. */
  below(value: number): number {
    this.#end()
    const y = this.#y
    if (value <= y[0]) return 0
    let i = 1
    while (i < y.length && y[i] < value) i++
    if (i === y.length) return 1
    return this.#belowIn(i, value)
  }

  #belowIn(i: number, value: number): number {
    const t = value - this.#y[i - 1]
    const slope = (this.#density[i] - this.#density[i - 1]) / (this.#y[i] - this.#y[i - 1])
    return this.#below[i - 1] + t * (this.#density[i - 1] + (slope * t) / 2)
  }

  /**
   * Continuous ranked probability score of an observed value, ∫ (F(t) − 1{t ≥ value})² dt, in the units of the value; the
   * lower the better. Source: Gneiting & Raftery, JASA 102 (2007), §4.2.
   */
  crps(value: number): number {
    this.#end()
    const y = this.#y
    let sum = Math.max(0, y[0] - value) + Math.max(0, value - y[y.length - 1])
    const add = (i: number, from: number, to: number, step: number) => {
      for (const { at, weight } of GAUSS)
        sum += weight * (to - from) * (this.#belowIn(i, from + at * (to - from)) - step) ** 2
    }
    for (let i = 1; i < y.length; i++) {
      const at = Math.min(Math.max(value, y[i - 1]), y[i])
      add(i, y[i - 1], at, 0)
      add(i, at, y[i], 1)
    }
    return sum
  }
}

function withMiddles(edges: Float64Array): Float64Array {
  const y = new Float64Array(2 * edges.length - 1)
  for (let i = 0; i < edges.length; i++) {
    y[2 * i] = edges[i]
    if (i > 0) y[2 * i - 1] = edges[i - 1] + (edges[i] - edges[i - 1]) / 2
  }
  return y
}
