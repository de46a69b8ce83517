/**
 * Counts how many different things come by, and how often, in constant memory: exactly up to a limit, beyond it from
 * those whose hash ends in `level` zeros, a share of 2^−level of all different ones however often each comes.
 *
 * Things are told apart by 64 bits of hash; among 2^19 two are taken for one with a probability of 2^−27.
 * Source: P. B. Gibbons, "Distinct sampling for highly-accurate answers to distinct values queries and event reports",
 * VLDB 2001.
 */
export class DistinctSample {
  /** Open addressing stays short below one half. */
  readonly #places: number
  #choosing: Uint32Array
  #placing: Uint32Array
  /** 0 where a place is free. */
  #counts: Uint32Array
  #level = 0
  #kept = 0
  #came = 0

  /** Room for `limit` different things. */
  constructor(limit: number) {
    this.#places = 2
    while (this.#places < 2 * limit) this.#places *= 2
    this.#choosing = new Uint32Array(this.#places)
    this.#placing = new Uint32Array(this.#places)
    this.#counts = new Uint32Array(this.#places)
  }

  add(choosing: number, placing: number): void {
    if (choosing << (32 - this.#level) !== 0 && this.#level > 0) return
    this.#came++
    this.#insert(choosing, placing, 1)
    while (this.#kept > this.#places / 2) this.#narrow()
  }

  /** Different things, as far as the sample tells. */
  get distinct(): number {
    return this.#kept * 2 ** this.#level
  }

  /** The standard error of that: of n things √(n (2^level − 1)), for each is in the sample or not. */
  get distinctError(): number {
    return Math.sqrt(this.distinct * (2 ** this.#level - 1))
  }

  /** Those that came by and were not the first of their kind, as far as the sample tells: little, of a single kind. */
  get repeated(): number {
    return (this.#came - this.#kept) * 2 ** this.#level
  }

  /** Whether that is a count and no estimate. */
  get exact(): boolean {
    return this.#level === 0
  }

  /** Forgets everything. */
  clear(): void {
    this.#counts.fill(0)
    this.#level = 0
    this.#kept = 0
    this.#came = 0
  }

  #insert(choosing: number, placing: number, count: number): void {
    const mask = this.#places - 1
    let at = placing & mask
    while (this.#counts[at] > 0 && (this.#choosing[at] !== choosing || this.#placing[at] !== placing)) {
      at = (at + 1) & mask
    }
    if (this.#counts[at] === 0) {
      this.#choosing[at] = choosing
      this.#placing[at] = placing
      this.#kept++
    }
    this.#counts[at] += count
  }

  /** Keeps the half of the sample whose hash ends in one zero more. */
  #narrow(): void {
    const [choosing, placing, counts] = [this.#choosing, this.#placing, this.#counts]
    this.#choosing = new Uint32Array(this.#places)
    this.#placing = new Uint32Array(this.#places)
    this.#counts = new Uint32Array(this.#places)
    this.#level++
    this.#kept = 0
    this.#came = 0
    for (let at = 0; at < this.#places; at++) {
      if (counts[at] === 0 || choosing[at] << (32 - this.#level) !== 0) continue
      this.#came += counts[at]
      this.#insert(choosing[at], placing[at], counts[at])
    }
  }
}
