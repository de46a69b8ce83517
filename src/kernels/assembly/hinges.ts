// A dense layer of ReLU units of one number, by its lines; see hinge-lines.ts.
import { drawLines, lines, outputBytes, outputRow, sortedKnots } from './hinge-lines'
import { bytes, load, store, wholeBytes } from './lanes'

/** How many knots lie below each of four values. */
@inline
function piecesOf(hidden: i32, knots: usize, x: v128): v128 {
  let count = i32x4.splat(0)
  const end = bytes(hidden)
  for (let at: usize = 0; at < end; at += 4) count = i32x4.sub(count, f32x4.lt(v128.load32_splat(knots + at), x))
  return count
}

@inline
function onLine(line: usize, width: usize, x: v128): v128 {
  return f32x4.add(f32x4.mul(v128.load(line), x), v128.load(line + width))
}

/** Four rows of up to four outputs, given row by row. */
@inline
function putTurned(a: v128, b: v128, c: v128, d: v128, y: usize, stride: usize, outs: i32, lanes: i32): void {
  const low = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
  const nextLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
  store(y, v128.shuffle<f32>(low, nextLow, 0, 1, 4, 5), lanes)
  if (outs == 1) return
  store(y + stride, v128.shuffle<f32>(low, nextLow, 2, 3, 6, 7), lanes)
  if (outs == 2) return
  const high = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
  const nextHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
  store(y + 2 * stride, v128.shuffle<f32>(high, nextHigh, 0, 1, 4, 5), lanes)
  if (outs == 3) return
  store(y + 3 * stride, v128.shuffle<f32>(high, nextHigh, 2, 3, 6, 7), lanes)
}

/** All outputs of four rows. */
@inline
function fourRows(
  outDim: i32, hidden: i32, x: usize, piece: usize, y: usize, stride: usize, scratch: usize, lanes: i32,
): void {
  const width = outputBytes(outDim)
  const value = load(x, lanes)
  const number = piecesOf(hidden, sortedKnots(scratch, hidden), value)
  store(piece, f32x4.convert_i32x4_s(number), lanes)
  const from = lines(scratch, hidden, width)
  const at = i32x4.mul(number, i32x4.splat(<i32>(2 * width)))
  let line0 = from + i32x4.extract_lane(at, 0)
  let line1 = from + i32x4.extract_lane(at, 1)
  let line2 = from + i32x4.extract_lane(at, 2)
  let line3 = from + i32x4.extract_lane(at, 3)
  const x0 = v128.shuffle<f32>(value, value, 0, 0, 0, 0)
  const x1 = v128.shuffle<f32>(value, value, 1, 1, 1, 1)
  const x2 = v128.shuffle<f32>(value, value, 2, 2, 2, 2)
  const x3 = v128.shuffle<f32>(value, value, 3, 3, 3, 3)
  let left = outDim
  for (; left >= 4; left -= 4, y += 4 * stride) {
    putTurned(
      onLine(line0, width, x0), onLine(line1, width, x1), onLine(line2, width, x2), onLine(line3, width, x3),
      y, stride, 4, lanes)
    line0 += 16, line1 += 16, line2 += 16, line3 += 16
  }
  if (left == 0) return
  putTurned(
    onLine(line0, width, x0), onLine(line1, width, x1), onLine(line2, width, x2), onLine(line3, width, x3),
    y, stride, left, lanes)
}

export function hinges(
  outDim: i32, hidden: i32, rows: i32, x: usize, slope: usize, offset: usize, weight: usize, bias: usize,
  piece: usize, y: usize, scratch: usize,
): void {
  x = bytes(x), piece = bytes(piece), y = bytes(y), scratch = bytes(scratch)
  const row = outputRow(scratch, hidden)
  memory.fill(row, 0, outputBytes(outDim))
  memory.copy(row, bytes(bias), bytes(outDim))
  drawLines(outDim, hidden, bytes(slope), bytes(offset), bytes(weight), scratch)
  const stride = bytes(rows)
  const whole = wholeBytes(rows)
  let i: usize = 0
  for (; i < whole; i += 16) fourRows(outDim, hidden, x + i, piece + i, y + i, stride, scratch, 4)
  if (rows & 3) fourRows(outDim, hidden, x + i, piece + i, y + i, stride, scratch, rows & 3)
}
