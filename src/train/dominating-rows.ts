import { RunningMean } from './mean-nll.js'

/** Rows so unlikely that the mean is theirs as much as everybody's. */
export interface DominatingRows {
  /** The most unlikely first; a number counts the rows of the data from 0. */
  readonly rows: readonly DominatingRow[]
  /** Mean −ln p of all the others; null where that is infinite too. */
  readonly meanWithout: number | null
}

export interface DominatingRow {
  readonly row: number
  /** Its −ln p; null where its density is 0. */
  readonly nll: number | null
  /** Nats of the mean that it accounts for: its weight's share times how far it lies above the mean of the others. */
  readonly share: number | null
}

/** Rows that are named, at most. */
const MOST = 5
/** One row is looked at for so many: of few rows any may be far from the others. */
const ROWS_FOR_ONE = 20

interface Value {
  readonly row: number
  readonly nll: number
  readonly weight: number
}

/**
 * Finds the rows of which each moves the mean −ln p by more than the mean of all but the five most unlikely may be off by
 * chance, one standard error of it. With a standard error that such rows were part of, none would ever be found: a single
 * huge value D makes the mean D/n, and its standard error D/n as well.
 */
export class DominatingRowsSearch {
  readonly #most: number
  readonly #top: Value[] = []
  readonly #rest = new RunningMean()
  #restWeight = 0
  #rows = 0
  #centre: number | undefined

  constructor(rows: number) {
    this.#most = Math.min(MOST, Math.floor(rows / ROWS_FOR_ONE))
  }

  /** Takes −ln p of the rows that come next. */
  add(values: Float64Array, weights?: Float64Array): void {
    if (values.length === 0) return
    const rest = new Float64Array(values.length)
    const restWeights = new Float64Array(values.length)
    // What moves the mean is the weight times the distance from it; the first row's value is near enough to it.
    this.#centre ??= Number.isFinite(values[0]) ? values[0] : 0
    for (let i = 0; i < values.length; i++) {
      const own: Value = { row: this.#rows + i, nll: values[i], weight: weights ? weights[i] : 1 }
      const passed = own.weight > 0 ? this.#pass(own) : own
      if (!passed) continue
      rest[i] = passed.nll
      restWeights[i] = passed.weight
      this.#restWeight += passed.weight
    }
    this.#rows += values.length
    this.#rest.add(rest, restWeights)
  }

  /** Keeps a row where it is among the farthest so far; returns the one that is not. */
  #pass(own: Value): Value | undefined {
    const reach = ({ nll, weight }: Value) => weight * (nll - (this.#centre ?? 0))
    const last = this.#top[this.#top.length - 1]
    if (this.#top.length === this.#most && !(last && reach(own) > reach(last))) return own
    let at = this.#top.length
    while (at > 0 && reach(own) > reach(this.#top[at - 1])) at--
    this.#top.splice(at, 0, own)
    return this.#top.length > this.#most ? this.#top.pop() : undefined
  }

  /** undefined where there are none. */
  end(): DominatingRows | undefined {
    const { mean, standardError } = this.#rest.end()
    const top = this.#top
    const total = top.reduce((sum, { weight }) => sum + weight, this.#restWeight)
    const dominates = ({ nll, weight }: Value) =>
      nll === Number.POSITIVE_INFINITY ||
      (mean !== null && standardError !== null && (weight * (nll - mean)) / total > standardError)
    const found = top.filter(dominates)
    if (found.length === 0) return undefined
    let [weight, sum] = [this.#restWeight, this.#restWeight * (mean ?? Number.NaN)]
    for (const value of top.filter((value) => !dominates(value))) {
      weight += value.weight
      sum += value.weight * value.nll
    }
    const without = Number.isFinite(sum / weight) ? sum / weight : null
    const share = ({ nll, weight }: Value) => (without === null ? null : finite((weight * (nll - without)) / total))
    const rows = found.map((value) => ({ row: value.row, nll: finite(value.nll), share: share(value) }))
    return { rows, meanWithout: without }
  }
}

/** JSON has no infinity. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
