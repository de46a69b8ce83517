import type { Matrix } from '../data/rows.js'
import { column } from './columns.js'
import { quantile, sorted } from './interval.js'

/** Cells along a column, about as many rows in each: some hundred rows tell of them. */
const CELLS = 8
/** Of more columns, pairs of those that fit worst alone are compared. */
const MOST_COLUMNS = 100

/** Two columns and how differently data and samples lie in them. */
export interface PairMisfit {
  readonly across: number
  readonly up: number
  readonly misfit: number
}

/**
 * How differently data and samples lie in each column, Σ (p − q)² / (p + q) over cells between quantiles of the data: from 0,
 * where they lie alike, to 2, where they have no cell in common.
 */
export function columnMisfits(data: Matrix, samples: Matrix): number[] {
  return placedColumns(data, samples).map(([given, drawn]) => distance(given, drawn, CELLS))
}

/** The same of pairs of columns on the product of their cells, the worst first. */
export function worstPairs(data: Matrix, samples: Matrix): PairMisfit[] {
  const placed = placedColumns(data, samples)
  const alone = placed.map(([given, drawn]) => distance(given, drawn, CELLS))
  const compared = Array.from(alone, (_, j) => j)
    .sort((a, b) => alone[b] - alone[a])
    .slice(0, MOST_COLUMNS)
    .sort((a, b) => a - b)
  const joint = (a: Uint8Array, b: Uint8Array) => a.map((cell, i) => cell * CELLS + b[i])
  return compared
    .flatMap((across, at) =>
      compared.slice(at + 1).map((up) => {
        const [given, drawn] = [0, 1].map((which) => joint(placed[across][which], placed[up][which]))
        return { across, up, misfit: distance(given, drawn, CELLS * CELLS) }
      }),
    )
    .sort((a, b) => b.misfit - a.misfit)
}

/** Of every column the cell that each row of the data lies in, and each of the samples. */
function placedColumns(data: Matrix, samples: Matrix): [Uint8Array, Uint8Array][] {
  return Array.from({ length: data.columns }, (_, j) => {
    const own = column(data, j)
    const ascending = sorted(own)
    const edges = Array.from({ length: CELLS - 1 }, (_, c) => quantile(ascending, (c + 1) / CELLS))
    const cells = (values: Float64Array) =>
      Uint8Array.from(values, (value) => edges.filter((edge) => value > edge).length)
    return [cells(own), cells(column(samples, j))]
  })
}

function distance(given: Uint8Array, drawn: Uint8Array, cells: number): number {
  const [p, q] = [given, drawn].map((places) => {
    const shares = new Float64Array(cells)
    for (const cell of places) shares[cell] += 1 / places.length
    return shares
  })
  return p.reduce((sum, own, cell) => sum + (own + q[cell] > 0 ? (own - q[cell]) ** 2 / (own + q[cell]) : 0), 0)
}
