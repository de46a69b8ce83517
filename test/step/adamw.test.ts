import { adamW, UsageError } from 'pushforward'
import { expect, it } from 'vitest'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'
import { advanceAdamW, startAdamW } from '#step/adamw.js'

it('takes the two steps that the formula gives by hand', () => {
  const arena = new Arena('float64')
  const [theta, gradient, m, v] = [arena.real(1), arena.real(1), arena.real(1), arena.real(1)]
  const kernels = createKernels(createHeap(arena, 'portable', false))
  const { real } = kernels.heap
  const optimizer = adamW({ learningRate: 0.1, beta1: 0.5, beta2: 0.75, epsilon: 1e-12, weightDecay: 0.01 })
  const state = startAdamW()
  const step = (scaledGradient: number, scale: number) => {
    real[gradient] = scaledGradient
    const { c1, c2 } = advanceAdamW(state, optimizer)
    kernels.adamw(1, theta, gradient, m, v, scale, 0.1, 0.5, 0.75, 0, 0.01, c1, c2)
  }
  real[theta] = 1
  // g = 2: m = 1, v = 1, m̂ = 1/(1−½) = 2, v̂ = 1/(1−¾) = 4; θ = 1 − 0.1·(2/2 + 0.01·1) = 0.899
  step(4, 0.5)
  expect(real[theta]).toBeCloseTo(0.899, 15)
  // g = −3: m = ½ − 1.5 = −1, v = ¾ + 9/4 = 3, m̂ = −1/(¾), v̂ = 3/(1−9/16) = 48/7
  // θ = 0.899 − 0.1·(−(4/3)/√(48/7) + 0.01·0.899)
  step(-3, 1)
  expect(real[theta]).toBeCloseTo(0.899 - 0.1 * (-4 / 3 / Math.sqrt(48 / 7) + 0.00899), 15)
})

it.each(['simd', 'portable'] as const)('%s: moments below the smallest normal number become 0', (kind) => {
  const arena = new Arena('float32')
  const [theta, gradient, m, v] = Array.from({ length: 4 }, () => arena.real(3))
  const kernels = createKernels(createHeap(arena, kind, false))
  const { real } = kernels.heap
  real.set([1, 1, 1], theta)
  real.set([2 ** -126, -(2 ** -125), Number.NaN], m)
  real.set([2 ** -126, 2 ** -125, Number.NaN], v)
  kernels.adamw(3, theta, gradient, m, v, 1, 0.1, 0.5, 0.5, 1e-8, 0, 1, 1)
  expect([...real.subarray(m, m + 3)]).toEqual([0, -(2 ** -126), Number.NaN])
  expect([...real.subarray(v, v + 3)]).toEqual([0, 2 ** -126, Number.NaN])
})

it.each([
  [{ learningRate: -1 }],
  [{ beta1: 1 }],
  [{ epsilon: 0 }],
  [{ epsilon: Number.NaN }],
  [{ momentum: 1 } as object],
])('refuses %j', (options) => {
  expect(() => adamW(options)).toThrow(UsageError)
})
