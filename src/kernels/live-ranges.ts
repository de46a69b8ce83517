import type { Range } from './operation.js'

/** A set of places in the heap, as ranges that neither touch nor overlap, in their order. */
export class LiveRanges {
  readonly #from: number[] = []
  readonly #to: number[] = []

  add({ from, to }: Range): void {
    if (from >= to) return
    let first = this.#firstEndingFrom(from)
    let [low, high] = [from, to]
    const start = first
    for (; first < this.#from.length && this.#from[first] <= to; first++) {
      low = Math.min(low, this.#from[first])
      high = Math.max(high, this.#to[first])
    }
    this.#from.splice(start, first - start, low)
    this.#to.splice(start, first - start, high)
  }

  remove({ from, to }: Range): void {
    if (from >= to) return
    const start = this.#firstEndingFrom(from + 1)
    let end = start
    const left: Range[] = []
    for (; end < this.#from.length && this.#from[end] < to; end++) {
      if (this.#from[end] < from) left.push({ from: this.#from[end], to: from })
      if (this.#to[end] > to) left.push({ from: to, to: this.#to[end] })
    }
    this.#from.splice(start, end - start, ...left.map((range) => range.from))
    this.#to.splice(start, end - start, ...left.map((range) => range.to))
  }

  overlaps({ from, to }: Range): boolean {
    if (from >= to) return false
    const at = this.#firstEndingFrom(from + 1)
    return at < this.#from.length && this.#from[at] < to
  }

  /** The first range that ends at `place` or behind it. */
  #firstEndingFrom(place: number): number {
    let [low, high] = [0, this.#to.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#to[middle] < place) low = middle + 1
      else high = middle
    }
    return low
  }
}
