import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  circular,
  circularRationalQuadratic,
  elementwise,
  flow,
  invert,
  loadFlow,
  maf,
  nsf,
  nsfAutoregressive,
  rationalQuadratic,
  saveFlow,
  UsageError,
} from 'pushforward'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const minima = { minBinSize: 0.02, minDerivative: 0.05 }

describe('least bins and slopes of splines', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pushforward-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it.each([nsf, nsfAutoregressive, circular])('are those that a preset is given', (preset) => {
    const said = JSON.stringify(preset(2, minima))
    expect(said).toContain('"minBinSize":0.02,"minDerivative":0.05')
    expect(JSON.stringify(preset(2))).not.toContain('min')
  })

  it('stand in a spec where they are not the default, and only there', () => {
    for (const spline of [rationalQuadratic, circularRationalQuadratic]) {
      expect(spline({ minBinSize: 1e-3, minDerivative: 1e-3 })).toEqual(spline())
      expect(spline({ bins: 4, ...minima })).toEqual({ ...spline(), bins: 4, ...minima })
    }
  })

  it('hold: no slope is less, however low its number, and no bin narrower', () => {
    const model = flow(1, [elementwise({ transformer: rationalQuadratic({ bins: 2, ...minima }) })], {
      precision: 'float64',
    })
    // θ: two widths, two heights, the slope at the knot between. All but nothing of width goes to the first bin.
    model.numbers.set([-50, 50, 0, 0, -50])
    const knot = -5 + 10 * 0.02
    const { z, logDet } = model.forward([[knot]])
    expect(Math.abs(z.get(0, 0))).toBeLessThan(1e-12)
    expect(Math.abs(logDet[0] - Math.log(0.05))).toBeLessThan(1e-9)
  })

  it('are in the model file, by which a flow is the same again', async () => {
    const path = join(folder, 'minima.safetensors')
    const model = flow(2, nsf(2, { layers: 2, hidden: [8], ...minima }), { seed: 3 })
    model.numbers.set(model.numbers.map((_, i) => Math.sin(i) / 2))
    await saveFlow(model, path)
    const rows = [
      [0.3, -1.2],
      [2, 1],
    ]
    expect((await loadFlow(path)).logProb(rows)).toEqual(model.logProb(rows))
    expect((await readFile(path)).toString('latin1')).toContain('minDerivative')
  })

  it.each([
    [{ minBinSize: 0 }, "rationalQuadratic's minBinSize is 0; expected a number from 10⁻⁶ to below 1."],
    [{ minBinSize: 1 }, "rationalQuadratic's minBinSize is 1; expected a number from 10⁻⁶ to below 1."],
    [{ minDerivative: 1 }, "rationalQuadratic's minDerivative is 1; expected a number from 10⁻⁶ to below 1."],
    [{ minDerivative: -1 }, "rationalQuadratic's minDerivative is -1; expected a number from 10⁻⁶ to below 1."],
    [
      { minBinSize: 0.125 },
      "rationalQuadratic's minBinSize is 0.125 of 8 bins, which fills the box; expected less than 1/8, or fewer bins.",
    ],
  ])('refuse %j', (options, message) => {
    expect(() => flow(1, [elementwise({ transformer: rationalQuadratic(options) })])).toThrow(new UsageError(message))
    const inverse = invert(elementwise({ transformer: rationalQuadratic(options) }))
    expect(() => flow(1, [inverse])).toThrow(new UsageError(message))
  })

  it('are refused by a preset in its own name, and by one without splines', () => {
    const full = "nsf's minBinSize is 0.25 of 4 bins, which fills the box; expected less than 1/4, or fewer bins."
    expect(() => nsf(2, { bins: 4, minBinSize: 0.25 })).toThrow(new UsageError(full))
    expect(() => maf(2, minima as object)).toThrow(/maf has no option "minBinSize"/)
  })
})
