// tanh of a scaled argument as the SIMD kernels compute it, operation by operation in float32: Math.fround of a float64
// operation on floats is the float32 operation. What bits are compared with; claims.ts says how near tanh it is.

import { createHeap, createKernels } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'

const f = Math.fround

/** The argument is that of tanh times this. */
export const TANH_SCALE = f(0.019685039296746254)
/** The argument is clamped to ± this. */
export const SCALED_TANH_ONE = f(0.169730172)

export function scaledTanh(argument: number): number {
  const y = Math.max(-SCALED_TANH_ONE, Math.min(SCALED_TANH_ONE, argument))
  const z = f(y * y)
  const p = f(f(z * f(z + f(0.10833241790533066))) + f(0.0014305361546576023))
  const q = f(f(z * f(f(z * f(z + f(0.4356924891471863))) + f(0.016376905143260956))) + f(5.632032116409391e-5))
  const a = f(y * p)
  return f(f(f(a + a) * q) / f(f(q * q) + f(a * a)))
}

/** tanh(b + w·kept), scaled before the product and the sum. */
export function hiddenUnit(weight: number, bias: number, kept: number): number {
  return scaledTanh(f(f(bias * TANH_SCALE) + f(f(weight * TANH_SCALE) * kept)))
}

/** Runs the kernels' own on all of `y` at once, as the one hidden unit of a narrow coupling whose scaled weight is 1. */
export function scaledTanhKernel(length: number): { readonly y: Float32Array; run(): Float32Array } {
  const arena = new Arena('float32')
  const params = arena.real(7)
  const rows = Array.from({ length: 9 }, () => arena.real(length))
  const [kept, x, zKept, z, logDet, h, a, u, e] = rows
  const kernels = createKernels(createHeap(arena, 'simd', false))
  const { real } = kernels.heap
  real[params] = 1 / TANH_SCALE
  if (f(real[params] * TANH_SCALE) !== 1) throw new Error('The weight times the scale is not 1.')
  return {
    y: real.subarray(kept, kept + length) as Float32Array,
    run() {
      kernels.narrowCoupling(1, length, params, kept, x, zKept, z, logDet, h, a, u, e)
      return real.subarray(h, h + length) as Float32Array
    },
  }
}
