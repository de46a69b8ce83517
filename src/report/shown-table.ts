import { turned } from '../columns/circular.js'
import { type ColumnKind, levelAt, levelEdges, type TableCodec, valueWidth } from '../columns/kinds.js'
import { RowCodec } from '../columns/table-codec.js'
import type { Matrix } from '../data/rows.js'
import { axisOf, type ColumnAxis } from './column-axis.js'

/** The columns of a table in place of a flow's numbers: what pictures of a model that knows one are of. */
export interface ShownTable {
  /** Those that are modelled in the order of the table, then those that they are given. */
  readonly columns: readonly string[]
  readonly axes: readonly ColumnAxis[]
  /** How many are modelled. */
  readonly modelled: number
  /** Whether a value has a mass beside others that have a density, as zeros before a long tail do. */
  readonly mixed: boolean
  /** Rows of the flow → their places at the axes [rows, columns], NaN where a cell is missing. */
  places(rows: Matrix): Matrix
  /** Places [rows, modelled] → numbers of the flow, between which distances are the same; undefined where cells may be missing, and where names have a scale of their own each. */
  readonly numbers: ((places: Float64Array) => Float64Array) | undefined
}

/** Parts of a step that follow each other evenly, whatever number of them is taken: multiples of the golden section modulo 1. */
const evenPart = (row: number) => (row * 0.6180339887498949) % 1

/**
 * A value that stands for an interval, as whole numbers and names do, is spread over as much room around its place: over each
 * other, equal rows would look like one.
 */
export function shownTable(table: TableCodec): ShownTable {
  const codec = new RowCodec(table)
  const { columns, given } = table
  const own = [...columns.keys()].filter((j) => !given.includes(columns[j].name))
  const order = [...own, ...given.map((name) => columns.findIndex((column) => column.name === name))]
  const kinds = order.map((j) => columns[j].kind)
  return {
    columns: order.map((j) => columns[j].name),
    axes: kinds.map(axisOf),
    modelled: own.length,
    mixed: kinds.some((kind) => kind.kind === 'positive' && kind.zeros !== undefined),
    places({ data, rows, columns: width }) {
      const values = codec.decode(data, new Float64Array(rows * columns.length))
      const places = Float64Array.from({ length: rows * order.length }, (_, at) => {
        const [row, i] = [Math.floor(at / order.length), at % order.length]
        const part = i < own.length ? partOfStep(kinds[i], data[row * width + i]) : evenPart(row)
        return values[row * columns.length + order[i]] + valueWidth(kinds[i]) * (part - 0.5)
      })
      return { data: places, rows, columns: order.length }
    },
    numbers:
      codec.gaps.length > 0 || kinds.some((kind) => kind.kind === 'category' && kind.edges !== undefined)
        ? undefined
        : (places) => places.map((place, at) => numberAt(kinds[at % own.length], place)),
  }
}

/** Where a flow's number lies in the interval of its value, from 0 to 1. */
function partOfStep(kind: ColumnKind, number: number): number {
  if (kind.kind === 'category' && Number.isFinite(number)) {
    const edges = levelEdges(kind)
    const level = levelAt(edges, number)
    return Math.max(0, Math.min(1, (number - edges[level]) / (edges[level + 1] - edges[level])))
  }
  const step = valueWidth(kind)
  if (step === 0 || !Number.isFinite(number)) return 0.5
  const steps = (number - firstOf(kind)) / step
  return steps - Math.floor(steps)
}

function firstOf(kind: ColumnKind): number {
  if (kind.kind === 'circular') return kind.grid?.low ?? 0
  return kind.kind === 'integer' || kind.kind === 'rounded' ? kind.low : 0
}

/** The number of a flow that is shown at a place. */
function numberAt(kind: ColumnKind, place: number): number {
  const number = place + valueWidth(kind) / 2
  if (kind.kind === 'date') return number - kind.low
  return kind.kind === 'circular' ? turned(number, kind.cut, kind.period) : number
}
