/** Lower quartile, median and upper quartile; null where one is infinite. */
export type Quartiles = readonly [number | null, number | null, number | null]

/** Values that are kept, at most, evenly spaced. */
const MOST = 100_000

/** Quartiles of values that come in blocks, by their weights where they have some. */
export class QuartilesFit {
  readonly #every: number
  readonly #kept: { value: number; weight: number }[] = []
  #rows = 0

  constructor(rows: number) {
    this.#every = Math.max(1, Math.ceil(rows / MOST))
  }

  add(values: Float64Array, weights?: Float64Array): void {
    for (let i = 0; i < values.length; i++, this.#rows++) {
      if (this.#rows % this.#every !== 0) continue
      this.#kept.push({ value: values[i], weight: weights ? weights[i] : 1 })
    }
  }

  end(): Quartiles {
    const sorted = this.#kept.sort((a, b) => a.value - b.value)
    const total = sorted.reduce((sum, { weight }) => sum + weight, 0)
    return [at(0.25), at(0.5), at(0.75)]

    /** Where the running sum of weights passes this share of them all: between two values where it does so exactly. */
    function at(share: number): number | null {
      let sum = 0
      for (const [i, { value, weight }] of sorted.entries()) {
        sum += weight
        if (sum < share * total || weight === 0) continue
        const next = sum === share * total ? sorted.slice(i + 1).find((other) => other.weight > 0) : undefined
        const quartile = next ? (value + next.value) / 2 : value
        return Number.isFinite(quartile) ? quartile : null
      }
      return null
    }
  }
}
