import { adamW, checkerboard, Flow, fit, flow, type LayerSpec, nsf, nsfAutoregressive, pinwheel } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { ulp } from '../kernels/ulp.js'

const BOX = 5
/** Differences of float64 have nine digits left over this. */
const STEP = 1e-7

/** ‖J⁻¹‖₂ of a 2 × 2 matrix by columns: its largest singular value by its determinant. */
function inverseNorm([[a, c], [b, d]]: readonly (readonly number[])[]): number {
  const [squares, determinant] = [a * a + b * b + c * c + d * d, a * d - b * c]
  const largest = Math.sqrt((squares + Math.sqrt(Math.max(squares ** 2 - 4 * determinant ** 2, 0))) / 2)
  return largest / Math.abs(determinant)
}

/**
 * The condition of going back from what a row is behind each layer, in standardised units: 1 + Σₗ ‖(∂hₗ/∂x)⁻¹‖, hₗ what
 * comes out of layer l. An error of hₗ moves the row that comes back by so much. Measured in float64, by differences.
 */
function conditions(model: Flow, rows: readonly number[][]): number[] {
  const { sd } = model.scaler
  const exact = new Flow({ ...model.structure.description, precision: 'float64' }, { kernels: 'portable' })
  exact.numbers.set(model.numbers)
  exact.scaler = model.scaler
  const beside = rows.flatMap((row) =>
    [0, 1].flatMap((j) => [1, -1].map((side) => row.map((value, i) => value + (i === j ? side * STEP * sd[i] : 0)))),
  )
  const clouds = exact.trace(beside).slice(1)
  return rows.map((_, t) => {
    const norms = clouds.map(({ points }) => {
      const slope = (i: number, j: number) =>
        (points.get(4 * t + 2 * j, i) - points.get(4 * t + 2 * j + 1, i)) / (2 * STEP)
      return inverseNorm([0, 1].map((j) => [slope(0, j), slope(1, j)]))
    })
    return norms.reduce((sum, norm) => sum + norm, 1)
  })
}

/** How far rows are from where they were when they come back, in standardised units. */
function errors(model: Flow, rows: readonly number[][]): number[] {
  const { x } = model.inverse(model.forward(rows).z.toArray())
  const { sd } = model.scaler
  return rows.map((row, t) => Math.max(...row.map((value, j) => Math.abs(x.get(t, j) - value) / sd[j])))
}

/** What a layer errs by, there and back, the rounding of its net included. */
const ULPS = 4

const cases: [string, LayerSpec[], typeof pinwheel][] = [
  ['couplings on a checkerboard', nsf(2, { layers: 6, bins: 8, hidden: [24, 24] }), checkerboard],
  ['autoregressive layers with waves on a pinwheel', nsfAutoregressive(2, { hidden: [24], fourier: 4 }), pinwheel],
]

describe.each(cases)('trained splines: %s', (_, layers, generate) => {
  it(`come back within ${ULPS} ulp of the box by the condition of the way back, and some rows not within so many without it`, async () => {
    const model = flow(2, layers, { seed: 1 })
    const optimizer = adamW({ learningRate: 5e-3 })
    await fit(model, generate(2048, { seed: 0 }), { steps: 400, batch: 256, optimizer, threads: 0 })
    const points = generate(4000, { seed: 5 })
    const rows = Array.from({ length: 4000 }, (_, t) => [points.get(t, 0), points.get(t, 1)])
    const [off, condition] = [errors(model, rows), conditions(model, rows)]
    const ratios = off.map((error, t) => error / (ulp(BOX) * condition[t]))
    expect(Math.max(...ratios)).toBeLessThanOrEqual(ULPS)
    expect(Math.max(...off)).toBeGreaterThan(2 * ULPS * ulp(BOX))
  })
})
