// y[o, t] = bias[o] + Σᵢ weight[o, i]·x[i, t] and dx[i, t] = Σₒ weight[o, i]·dy[o, t], every sum in the order of its index.
import { bytes, NONE } from './lanes'
import { band, productTurned } from './product'

@inline
function first(bias: usize): v128 {
  return bias == NONE ? f32x4.splat(0) : v128.load32_splat(bias)
}

export function dense(
  outDim: i32, inDim: i32, rows: i32, x: usize, weight: usize, outStride: usize, bias: usize, y: usize,
): void {
  x = bytes(x), weight = bytes(weight), y = bytes(y), outStride = bytes(outStride)
  const biasStep: usize = bias == NONE ? 0 : 4
  if (bias != NONE) bias = bytes(bias)
  const stride = bytes(rows)
  let o = 0
  for (; o + 2 <= outDim; o += 2, weight += 2 * outStride, bias += 2 * biasStep, y += 2 * stride) {
    const start = first(bias)
    const next = bias == NONE ? start : first(bias + 4)
    band(2, rows, inDim, x, stride, weight, outStride, start, next, y, stride)
  }
  if (o < outDim) band(1, rows, inDim, x, stride, weight, outStride, first(bias), first(bias), y, stride)
}

export function denseInputGradient(
  outDim: i32, inDim: i32, rows: i32, dy: usize, weight: usize, outStride: usize, dx: usize,
): void {
  const stride = bytes(rows)
  productTurned(inDim, rows, outDim, bytes(dy), stride, bytes(weight), bytes(outStride), bytes(dx), stride)
}
