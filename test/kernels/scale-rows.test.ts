import { describe, expect, it } from 'vitest'
import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'
import { LENGTHS, normals } from './inputs.js'

const GUARD = 1234.5
const GAP = 7

/** Outputs of both operations on the same arrays, dGamma starting at 1; y and dx in place or not. */
function run(kind: KernelKind, units: number, rows: number, inPlace: boolean) {
  const arena = new Arena(kind === 'simd' ? 'float32' : 'float64')
  const [n, lengths] = [units * rows, { gamma: units, x: units * rows, dy: units * rows, y: 0, dx: 0, dGamma: units }]
  lengths.y = lengths.dx = n
  const all = arena.real(4 * n + 2 * units + 8 * GAP)
  let next = all + 1
  const at = Object.fromEntries(
    Object.entries(lengths).map(([name, length]) => {
      next += GAP + length
      return [name, next - length]
    }),
  ) as Record<keyof typeof lengths, number>
  const kernels = createKernels(createHeap(arena, kind, false))
  const { real } = kernels.heap
  real.fill(GUARD)
  real.set(normals(units, 1), at.gamma)
  real.set(normals(n, 2), at.x)
  real.set(normals(n, 3), at.dy)
  real.fill(1, at.dGamma, at.dGamma + units)
  const { gamma, x, dy, dGamma } = at
  const [y, dx] = inPlace ? [x, dy] : [at.y, at.dx]
  kernels.call('scaleRowsBackward', { units, rows, gamma, x, dy, dx, dGamma })
  kernels.call('scaleRows', { units, rows, gamma, x, y })
  const read = (offset: number, length: number) => Float64Array.from(real.subarray(offset, offset + length))
  const outputs = { y: read(y, n), dx: read(dx, n), dGamma: read(dGamma, units) }
  for (const [name, length] of Object.entries(lengths)) real.fill(GUARD, at[name as 'x'], at[name as 'x'] + length)
  return { ...outputs, clean: real.every((value) => value === GUARD) }
}

describe.each([1, 2, 5])('scaleRows and its way back, %d units', (units) => {
  it.each(LENGTHS)('are products and sums of rows, and write nothing else, %d rows', (rows) => {
    const [gamma, x, dy] = [normals(units, 1), normals(units * rows, 2), normals(units * rows, 3)]
    for (const kind of ['simd', 'portable'] as const) {
      const got = run(kind, units, rows, false)
      const round = kind === 'simd' ? Math.fround : (value: number) => value
      expect(got.clean).toBe(true)
      for (let i = 0; i < units; i++) {
        let [sum, absolute] = [1, 1]
        for (let k = i * rows; k < (i + 1) * rows; k++) {
          expect(got.y[k]).toBe(round(round(gamma[i]) * round(x[k])))
          expect(got.dx[k]).toBe(round(round(gamma[i]) * round(dy[k])))
          sum += round(x[k]) * round(dy[k])
          absolute += Math.abs(x[k] * dy[k])
        }
        // A lane adds a quarter of the rows, then come two sums of lanes and the one to what was there.
        const steps = Math.ceil(rows / 4) + 4
        expect(Math.abs(got.dGamma[i] - sum)).toBeLessThanOrEqual(
          (kind === 'simd' ? 2 ** -24 : 2 ** -48) * steps * absolute,
        )
      }
      expect(run(kind, units, rows, true)).toEqual(got)
    }
  })
})
