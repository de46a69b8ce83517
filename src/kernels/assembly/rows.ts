// The transposition between row-major data [rows, columns] and feature-major tiles [columns, rows].
import { bytes, NONE } from './lanes'
import { turn } from './transpose'

/** Lanes [from, rows) of every column repeat lane from − 1. */
@inline
function pad(columns: i32, from: i32, rows: i32, x: usize): void {
  const stride = bytes(rows)
  for (let j = 0; j < columns; j++, x += stride) {
    const last = f32.load(x + bytes(from - 1))
    for (let t = from; t < rows; t++) f32.store(x + bytes(t), last)
  }
}

export function gather(
  columns: i32, rows: i32, count: i32, source: usize, indices: usize, x: usize,
): void {
  const width = bytes(columns)
  const stride = bytes(rows)
  const from = bytes(source)
  const to = bytes(x)
  if (indices == NONE) {
    turn(count, columns, from, width, to, stride)
  } else {
    for (let t = 0; t < count; t++) {
      const row = from + <usize>i32.load(bytes(indices + t)) * width
      let target = to + bytes(t)
      for (let j: usize = 0; j < width; j += 4, target += stride) f32.store(target, f32.load(row + j))
    }
  }
  if (count < rows) pad(columns, count, rows, to)
}

export function scatter(columns: i32, rows: i32, count: i32, x: usize, target: usize): void {
  turn(columns, count, bytes(x), bytes(rows), bytes(target), bytes(columns))
}
