import type { Matrix } from '../data/rows.js'
import type { Model } from '../flow/ensemble.js'
import { Flow } from '../flow/flow.js'
import type { TickMaker } from './axis-ticks.js'
import { column } from './columns.js'
import { sorted } from './interval.js'
import type { ShownTable } from './shown-table.js'

/** Rows that a model is looked at with, [rows, dim + contextDim], and what they are to it. */
export interface HeldOut {
  readonly rows: Matrix
  readonly part: 'test' | 'validation' | 'training'
}

/** One number of every row, beside the same of samples: alike where the model is true. */
export interface Compared {
  readonly name: string
  /** What is written at its axes; default round numbers. */
  readonly ticks?: TickMaker
  /** In ascending order, those that are finite. */
  readonly rows: Float64Array
  readonly samples: Float64Array
}

/**
 * The coordinates of the noise that a flow maps rows onto, beside those of its own samples; of an ensemble, for which there is
 * no single map, the columns themselves, as the table has them where the model knows one. Whatever the base is, both follow it where the model is true.
 */
export function comparedNoise(model: Model, rows: Matrix, samples: Matrix, table?: ShownTable): Compared[] {
  const { dim, contextDim } = model
  if (table && !(model instanceof Flow)) return comparedColumns(table, rows, samples)
  const name = (j: number) => (model instanceof Flow ? `z${j + 1}` : (model.data.columns?.[j] ?? `x${j + 1}`))
  const seen = (matrix: Matrix): Matrix => {
    if (!(model instanceof Flow)) return matrix
    const context = contextDim > 0 ? part(matrix, dim, dim + contextDim) : undefined
    const { z } = model.forward(part(matrix, 0, dim), { context })
    return { data: Float64Array.from(z.data), rows: matrix.rows, columns: dim }
  }
  const [own, drawn] = [seen(rows), seen(samples)]
  return Array.from({ length: dim }, (_, j) => ({
    name: name(j),
    rows: sorted(column(own, j)),
    samples: sorted(column(drawn, j)),
  }))
}

function comparedColumns(table: ShownTable, rows: Matrix, samples: Matrix): Compared[] {
  const [own, drawn] = [table.places(rows), table.places(samples)]
  return table.columns.slice(0, table.modelled).map((name, j) => {
    const { ticks } = table.axes[j]
    return { name, rows: sorted(column(own, j)), samples: sorted(column(drawn, j)), ...(ticks && { ticks }) }
  })
}

/** Columns first … end − 1 of rows, [rows, end − first]. */
function part({ data, rows, columns }: Matrix, first: number, end: number): Float64Array {
  const width = end - first
  return Float64Array.from(
    { length: rows * width },
    (_, at) => data[Math.floor(at / width) * columns + first + (at % width)],
  )
}

/** Where each row would stand among the samples, as a share of them: uniform on [0, 1] where the model is true. In ascending order. */
export function levels({ rows, samples }: Compared): Float64Array {
  let below = 0
  return rows.map((value) => {
    while (below < samples.length && samples[below] < value) below++
    return (below + 0.5) / (samples.length + 1)
  })
}

/** The largest distance of the levels' distribution from the uniform one. Source: Kolmogorov 1933. */
export function farthest(compared: Compared): number {
  const places = levels(compared)
  return places.reduce((most, level, i) => Math.max(most, Math.abs(level - (i + 0.5) / places.length)), 0)
}
