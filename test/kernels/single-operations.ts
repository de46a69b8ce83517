// tanh and e^s as the SIMD kernels compute them in couplings, operation by operation in float32: Math.fround of a float64
// operation on floats is the float32 operation. What bits are compared with; claims.ts says how near they are.

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

/** Where |b| + |w|·6 is at most this, tanh is a shorter quotient on rows where |kept| ≤ 6. */
export const SHORT_TANH = f(2.3)
export const SHORT_TANH_SCALE = f(0.047688234597444534)
const USUAL = 6

export function shortTanh(y: number): number {
  const z = f(y * y)
  const p = f(f(z * f(z + f(0.13549651205539703))) + f(0.002536921063438058))
  const q = f(f(z * f(f(z * f(z + f(0.4749422073364258))) + f(0.024194292724132538))) + f(0.0001209812835440971))
  return f(f(y * p) / q)
}

/** tanh(b + w·kept), scaled before the product and the sum. */
export function hiddenUnit(weight: number, bias: number, kept: number): number {
  const argument = (scale: number) => f(f(bias * scale) + f(f(weight * scale) * kept))
  const isShort = f(Math.abs(bias) + f(Math.abs(weight) * USUAL)) <= SHORT_TANH && !(Math.abs(kept) > USUAL)
  return isShort ? shortTanh(argument(SHORT_TANH_SCALE)) : scaledTanh(argument(TANH_SCALE))
}

/** (1 + t)/(1 − t) */
function shortExp(s: number): number {
  const z = f(s * s)
  const a = f(s * f(f(z * f(20.24619102478027)) + f(854.9155883789062)))
  const q = f(f(z * f(z + f(182.9781494140625))) + f(1709.8311767578125))
  return f(f(f(a + a) / f(q - a)) + 1)
}

function moderateExp(s: number): number {
  const rounder = f(12583039)
  const n = f(f(f(s * f(1.4426950216293335)) + rounder) - rounder)
  const r = f(s - f(n * f(Math.LN2)))
  const z = f(r * r)
  const p = f(f(z * f(-0.002765982411801815)) + f(0.166666179895401))
  const fraction = f(f(f(r + r) / f(f(z * p) + f(2 - r))) + 1)
  return f(fraction * 2 ** n)
}

/** e^s where |s| ≤ bound ≤ 5.8. */
export function boundedExp(s: number, bound: number): number {
  return bound <= f(1.2840254) ? shortExp(s) : moderateExp(s)
}

/** A narrow coupling of one hidden unit: (w, b, …), the kept coordinate, and what `run` makes of it. */
export function oneUnit(length: number) {
  const arena = new Arena('float32')
  const params = arena.real(7)
  const rows = Array.from({ length: 9 }, () => arena.real(length))
  const [kept, x, zKept, z, logDet, h, a, u, e] = rows
  const kernels = createKernels(createHeap(arena, 'simd', false))
  const { real } = kernels.heap
  return {
    params: real.subarray(params, params + 7) as Float32Array,
    kept: real.subarray(kept, kept + length) as Float32Array,
    h: real.subarray(h, h + length) as Float32Array,
    run: () =>
      kernels.call('narrowCoupling', { hidden: 1, rows: length, params, kept, x, zKept, z, logDet, h, a, u, e }),
  }
}

/** Runs the kernels' own on all of `y` at once, as the one hidden unit of a narrow coupling whose scaled weight is 1. */
export function scaledTanhKernel(length: number): { readonly y: Float32Array; run(): Float32Array } {
  const { params, kept, h, run } = oneUnit(length)
  params[0] = 1 / TANH_SCALE
  if (f(params[0] * TANH_SCALE) !== 1) throw new Error('The weight times the scale is not 1.')
  return {
    y: kept,
    run() {
      run()
      return h
    },
  }
}
