import { UsageError } from '../errors.js'
import type { Model } from './ensemble.js'

/** What rows were to a model whose scores are kept: not those that its weights follow, or just those. */
export type ScoredRows = 'held-out' | 'training'

/**
 * Log-densities of rows under a model, so few of them that they go into its file: all of 1000 rows, of more the least hundred
 * and the others evenly spaced by rank.
 */
export interface ScoreRecord {
  readonly of: ScoredRows
  /** How many rows there were. */
  readonly rows: number
  /** Ascending, as float32; −∞ where the density was 0. */
  readonly scores: Float64Array
}

const MOST = 1000
/** The lowest are kept one by one: it is there that quantiles are looked at. */
const LOWEST = 100

/** How many scores are kept of so many rows. */
export function scoresKept(rows: number): number {
  return Math.min(rows, MOST)
}

/** Which of the rows kept score i is of, counted from 1 for the lowest. */
function rankAt(i: number, rows: number): number {
  if (rows <= MOST || i < LOWEST) return i + 1
  return Math.round(LOWEST + ((rows - LOWEST) * (i + 1 - LOWEST)) / (MOST - LOWEST))
}

/**
 * What is kept of the log-densities [rows] of rows, nats. Put it at `model.scores`, and it goes into the model's file.
 * @throws UsageError where there is no row, and for NaN.
 */
export function scoreRecord(logProb: ArrayLike<number>, of: ScoredRows): ScoreRecord {
  const rows = logProb.length
  const sorted = Float64Array.from(logProb, Math.fround).sort()
  if (rows === 0) throw new UsageError('There are no scores to keep; expected the log-density of a row or more.')
  // NaN comes last.
  if (Number.isNaN(sorted[rows - 1])) throw new UsageError('Scores hold NaN; expected log-densities.')
  const scores = Float64Array.from({ length: scoresKept(rows) }, (_, i) => sorted[rankAt(i, rows) - 1])
  return { of, rows, scores }
}

/**
 * For log-densities [rows] under a model the share of the rows in its record that have at most as much, to a thousandth: at
 * 0.01 a row is odder than 99 % of them, at 0 odder than all.
 * @throws UsageError where the model has no record.
 */
export function scoreQuantile({ scores: record }: Pick<Model, 'scores'>, logProb: ArrayLike<number>): Float64Array {
  if (record === undefined) {
    throw new UsageError(
      'This model has no record of scores: set model.scores = scoreRecord(model.logProb(rows), "held-out").',
    )
  }
  const { rows, scores } = record
  return Float64Array.from(logProb, (value) => {
    const count = countUpTo(scores, Math.fround(value))
    return Number.isNaN(value) ? Number.NaN : count === 0 ? 0 : rankAt(count - 1, rows) / rows
  })
}

/** How many of ascending values are at most this one. */
function countUpTo(values: Float64Array, value: number): number {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle] <= value) low = middle + 1
    else high = middle
  }
  return low
}
