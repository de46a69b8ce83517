import { bytes } from './lanes'

/** Four rows by four columns, by pairs. */
@inline
function block(x: usize, xStride: usize, y: usize, yStride: usize): void {
  const r0 = v128.load(x)
  const r1 = v128.load(x + xStride)
  const r2 = v128.load(x + 2 * xStride)
  const r3 = v128.load(x + 3 * xStride)
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5)
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5)
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7)
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7)
  v128.store(y, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5))
  v128.store(y + yStride, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7))
  v128.store(y + 2 * yStride, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5))
  v128.store(y + 3 * yStride, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7))
}

/** Four rows by two columns. */
@inline
function tall(x: usize, xStride: usize, y: usize, yStride: usize): void {
  const low = v128.load64_lane(x + xStride, v128.load64_zero(x), 1)
  const high = v128.load64_lane(x + 3 * xStride, v128.load64_zero(x + 2 * xStride), 1)
  v128.store(y, v128.shuffle<f32>(low, high, 0, 2, 4, 6))
  v128.store(y + yStride, v128.shuffle<f32>(low, high, 1, 3, 5, 7))
}

/** Two rows by four columns. */
@inline
function wide(x: usize, xStride: usize, y: usize, yStride: usize): void {
  const r0 = v128.load(x)
  const r1 = v128.load(x + xStride)
  const low = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5)
  const high = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7)
  v128.store64_lane(y, low, 0)
  v128.store64_lane(y + yStride, low, 1)
  v128.store64_lane(y + 2 * yStride, high, 0)
  v128.store64_lane(y + 3 * yStride, high, 1)
}

/** Four rows by two columns, the rows side by side. */
@inline
function tallPacked(x: usize, y: usize, yStride: usize): void {
  const low = v128.load(x)
  const high = v128.load(x, 16)
  v128.store(y, v128.shuffle<f32>(low, high, 0, 2, 4, 6))
  v128.store(y + yStride, v128.shuffle<f32>(low, high, 1, 3, 5, 7))
}

/** Two rows by four columns, to columns side by side. */
@inline
function widePacked(x: usize, xStride: usize, y: usize): void {
  const r0 = v128.load(x)
  const r1 = v128.load(x + xStride)
  v128.store(y, v128.shuffle<f32>(r0, r1, 0, 4, 1, 5))
  v128.store(y, v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), 16)
}

/** Columns [from, to) of rows [first, last), one by one. */
@inline
function rest(first: i32, last: i32, from: i32, to: i32, x: usize, xStride: usize, y: usize, yStride: usize): void {
  if (first >= last) return
  for (let c = from; c < to; c++) {
    for (let r = first; r < last; r++) {
      f32.store(y + <usize>c * yStride + bytes(r), f32.load(x + <usize>r * xStride + bytes(c)))
    }
  }
}

/** y[c, r] = x[r, c]; addresses and strides in bytes. */
export function turn(rows: i32, columns: i32, x: usize, xStride: usize, y: usize, yStride: usize): void {
  const wholeRows = rows & ~3
  const wholeColumns = columns & ~3
  if (wholeColumns > 0) {
    for (let r = 0; r < wholeRows; r += 4) {
      const from = x + <usize>r * xStride
      const to = y + bytes(r)
      for (let c = 0; c < wholeColumns; c += 4) block(from + bytes(c), xStride, to + <usize>c * yStride, yStride)
    }
  }
  if (columns & 2) {
    let from = x + bytes(wholeColumns)
    let to = y + <usize>wholeColumns * yStride
    const packed = xStride == bytes(2)
    if (packed) for (let r = 0; r < wholeRows; r += 4, from += 32, to += 16) tallPacked(from, to, yStride)
    else for (let r = 0; r < wholeRows; r += 4, from += 4 * xStride, to += 16) tall(from, xStride, to, yStride)
  }
  if (rows & 2) {
    let from = x + <usize>wholeRows * xStride
    let to = y + bytes(wholeRows)
    const packed = yStride == bytes(2)
    if (packed) for (let c = 0; c < wholeColumns; c += 4, from += 16, to += 32) widePacked(from, xStride, to)
    else for (let c = 0; c < wholeColumns; c += 4, from += 16, to += 4 * yStride) wide(from, xStride, to, yStride)
  }
  rest(0, wholeRows, columns & ~1, columns, x, xStride, y, yStride)
  rest(wholeRows, rows & ~1, wholeColumns, columns, x, xStride, y, yStride)
  rest(rows & ~1, rows, 0, columns, x, xStride, y, yStride)
}
