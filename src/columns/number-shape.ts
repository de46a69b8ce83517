/** Decimals that are looked for, at most: numbers with more are as precise as float64. */
const MOST_DECIMALS = 12
/** Whole numbers that float64 holds. */
const MOST_WHOLE = 2 ** 53

/** Gathers how the numbers of a column are written, and between which they lie. */
export class NumberShape {
  count = 0
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY
  /** The least of those above 0. */
  leastPositive = Number.POSITIVE_INFINITY
  zeros = 0
  /** Whether each is the one before it and 1. */
  ascending = true
  #decimals: number | undefined = 0
  #scale = 1
  #first = 0
  #last = 0
  #divisor = 0

  add(value: number): void {
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
    if (value > 0 && value < this.leastPositive) this.leastPositive = value
    if (value === 0) this.zeros++
    if (this.count === 0) this.#first = value
    else if (value !== this.#last + 1) this.ascending = false
    this.#last = value
    this.count++
    if (this.#decimals !== undefined) this.#place(value)
  }

  /** The fewest decimals with which all of them are written; undefined where those are many. */
  get decimals(): number | undefined {
    return this.#decimals
  }

  /** The greatest number of which all differences are multiples; undefined where decimals are, or all are the same. */
  get step(): number | undefined {
    return this.#decimals === undefined || this.#divisor === 0 ? undefined : this.#divisor / this.#scale
  }

  #place(value: number): void {
    let whole = Math.round(value * this.#scale)
    while (whole / this.#scale !== value) {
      if (this.#decimals === MOST_DECIMALS || Math.abs(whole) > MOST_WHOLE) {
        this.#decimals = undefined
        return
      }
      this.#decimals = (this.#decimals ?? 0) + 1
      this.#scale *= 10
      this.#divisor *= 10
      whole = Math.round(value * this.#scale)
    }
    if (Math.abs(whole) > MOST_WHOLE) this.#decimals = undefined
    else if (this.#divisor !== 1)
      this.#divisor = commonDivisor(this.#divisor, Math.abs(whole - Math.round(this.#first * this.#scale)))
  }
}

function commonDivisor(a: number, b: number): number {
  let [x, y] = [a, b]
  while (y !== 0) [x, y] = [y, x % y]
  return x
}
