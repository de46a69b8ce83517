// The transposition between row-major data [rows, columns] and feature-major tiles [columns, rows].
import { bytes, NONE } from './lanes'

/** Address of row t of the source; lanes beyond the count repeat the last valid row. */
@inline
function rowAt(source: usize, indices: usize, columns: usize, t: i32, count: i32): usize {
  const valid = min(t, count - 1)
  const row = indices == NONE ? <usize>valid : <usize>i32.load(bytes(indices + valid))
  return source + row * columns
}

export function gather(
  columns: i32, rows: i32, count: i32, source: usize, indices: usize, x: usize,
): void {
  const width = bytes(columns)
  const stride = bytes(rows)
  const from = bytes(source)
  const to = bytes(x)
  for (let t = 0; t < rows; t++) {
    const row = rowAt(from, indices, width, t, count)
    let target = to + bytes(t)
    for (let j: usize = 0; j < width; j += 4, target += stride) f32.store(target, f32.load(row + j))
  }
}

export function scatter(columns: i32, rows: i32, count: i32, x: usize, target: usize): void {
  const stride = bytes(rows)
  const from = bytes(x)
  let to = bytes(target)
  for (let t = 0; t < count; t++) {
    let column = from + bytes(t)
    for (let j = 0; j < columns; j++, column += stride, to += 4) f32.store(to, f32.load(column))
  }
}
