import { adamW, fit, flow, fullNormal, mlp } from 'pushforward'
import { expect, it } from 'vitest'
import { toSource } from '#data/row-source.js'
import { evaluate } from '#train/evaluation.js'
import { classificationFigures } from '#train/regression.js'
import { standardNormals } from '../fixtures/normals.js'

it('is told of one column given others: coverage, width, CRPS and error of y = 2c + ½ noise', async () => {
  const draws = standardNormals(3000, 2, 5)
  const [rows, context] = [draws.map(([c, e]) => [2 * c + e / 2]), draws.map(([c]) => [c])]
  const model = flow(1, [], {
    context: 1,
    base: fullNormal({ conditioner: mlp({ hidden: [16], activation: 'silu' }) }),
  })
  const given = { rows, context }
  const result = await fit(model, given, {
    steps: 600,
    batch: 256,
    validation: 0.3,
    optimizer: adamW({ learningRate: 5e-3 }),
    threads: 0,
  })
  const { regression } = await evaluate(model, given, result, { threads: 0 })
  expect(regression).toMatchObject({ part: 'validation', rows: 900 })
  // 2 · 1.6449 · ½, and ½/√π of a normal of sd ½; 900 rows have 0.9 to within 0.03.
  expect(Math.abs((regression?.coverage ?? 0) - 0.9)).toBeLessThan(0.035)
  expect(Math.abs((regression?.width ?? 0) - 1.6449)).toBeLessThan(0.12)
  expect(Math.abs((regression?.crps.mean ?? 0) - 0.5 / Math.sqrt(Math.PI))).toBeLessThan(0.03)
  expect(Math.abs((regression?.rmse ?? 0) - 0.5)).toBeLessThan(0.05)
})

it('is told of one column of names given others: how often the likeliest is right, and the log-loss', async () => {
  // N(0, 1) whatever is given: the first name has Φ(1), the second the rest.
  const shares = [0.8413447, 0.1586553]
  const names = Array.from({ length: 100 }, (_, i) => Number(i % 10 > 6))
  const rows = names.map((name, i) => [name + (i + 0.5) / 100, i])
  const figures = await classificationFigures(
    flow(1, [], { context: 1, base: fullNormal() }),
    'test',
    { rows: toSource(rows, 2, 'Rows') },
    { kind: 'category', levels: ['a', 'b'] },
    { threads: 0 },
  )
  expect(figures).toMatchObject({ part: 'test', rows: 100, accuracy: 0.7, commonest: 0.7 })
  const edges = [0, 0.5, 2]
  const halved = rows.map(([y, c], i) => [names[i] === 0 ? y / 2 : 0.5 + 1.5 * (y - 1), c])
  const kind = { kind: 'category' as const, levels: ['a', 'b'], edges }
  const other = await classificationFigures(
    flow(1, [], { context: 1, base: fullNormal() }),
    'test',
    { rows: toSource(halved, 2, 'Rows') },
    kind,
    { threads: 0 },
  )
  // Φ(½) = 0.6914625.
  expect(other).toMatchObject({ accuracy: 0.7, commonest: 0.7 })
  expect(other.logLoss.mean).toBeCloseTo(-0.7 * Math.log(0.6914625) - 0.3 * Math.log(0.3085375), 4)
  expect(figures.logLoss.mean).toBeCloseTo(-0.7 * Math.log(shares[0]) - 0.3 * Math.log(shares[1]), 4)
})
