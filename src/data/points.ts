import ndarray, { type NdArray } from 'ndarray'

/**
 * Rows as they are returned: an NdArray [rows, columns] that is contiguous and row-major, fits where rows or a matrix are
 * asked for, and gives its rows one by one.
 */
export interface Points<Numbers extends Float32Array | Float64Array = Float32Array | Float64Array>
  extends NdArray<Numbers> {
  readonly rows: number
  readonly columns: number
  /** Row by row, each a view of `data`. */
  [Symbol.iterator](): Iterator<Numbers>
  /** A copy as plain arrays, one a row. */
  toArray(): number[][]
}

/** Points over row-major numbers, `columns` a row. */
export function pointsOf<Numbers extends Float32Array | Float64Array>(data: Numbers, columns: number): Points<Numbers> {
  const rows = data.length / columns
  const rowOf = (i: number) => data.subarray(i * columns, (i + 1) * columns) as Numbers
  return Object.assign(ndarray(data, [rows, columns]), {
    rows,
    columns,
    *[Symbol.iterator]() {
      for (let i = 0; i < rows; i++) yield rowOf(i)
    },
    toArray: () => Array.from({ length: rows }, (_, i) => [...rowOf(i)]),
  })
}
