import { auto, fit, flow } from 'pushforward'
import { describe, expect, it } from 'vitest'
import { randomStream } from '#random/stream.js'

/** Three groups by their number c, each a normal with a covariance of its own: x = μ + (a n₁, b n₁ + d n₂). */
const groups = [
  { mean: [0, 0], a: 1, b: 0.9, d: 0.2 },
  { mean: [3, -2], a: 0.3, b: 0, d: 1.5 },
  { mean: [-1, 4], a: 0.5, b: -0.8, d: 0.3 },
]

function draw(rows: number, index: number) {
  const stream = randomStream(11, 2, index)
  const context = Array.from({ length: rows }, (_, i) => [i % 3])
  const x = context.map(([c]) => {
    const { mean, a, b, d } = groups[c]
    const [n, m] = [stream.normal(), stream.normal()]
    return [mean[0] + a * n, mean[1] + b * n + d * m]
  })
  return { rows: x, context }
}

/** ln p(x | c) */
function exact([x, y]: readonly number[], c: number): number {
  const { mean, a, b, d } = groups[c]
  const n = (x - mean[0]) / a
  const m = (y - mean[1] - b * n) / d
  return -(n * n + m * m) / 2 - Math.log(2 * Math.PI * a * d)
}

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length

describe('auto, of columns given others', () => {
  it('finds the normal of each of three groups: fresh rows are within 0.1 nats of as likely as they can be', async () => {
    const data = draw(240, 0)
    const choice = await auto(data, { steps: 300, threads: 0 })
    expect(choice.layers).toEqual([])
    expect(choice.base).toMatchObject({
      type: 'contaminated',
      base: { type: 'fullNormal', conditioner: { type: 'mlp' } },
    })
    const model = flow(2, choice.layers, { base: choice.base, context: 1 })
    await fit(model, data, { ...choice.fit, threads: 0 })
    const { rows, context } = draw(3000, 1)
    const best = rows.map((row, i) => exact(row, context[i][0]))
    const lost = mean(best) - mean(model.logProb(rows, { context }))
    expect(lost).toBeLessThan(0.1)
    expect(lost).toBeGreaterThan(0)
  })

  it('leaves it at one normal where the others say nothing', async () => {
    const stream = randomStream(11, 2, 2)
    const normals = (count: number) =>
      Array.from({ length: 150 }, () => Array.from({ length: count }, () => stream.normal()))
    const choice = await auto({ rows: normals(2), context: normals(1) }, { steps: 30, threads: 0 })
    expect(choice.layers).toEqual([])
    expect(choice.base).toEqual({ type: 'fullNormal' })
  })

  it('puts layers on a normal by the context where there are many rows, or layers were asked for', async () => {
    const base = { type: 'fullNormal', conditioner: { type: 'mlp' } }
    const many = await auto(draw(2100, 3), { steps: 1, threads: 0 })
    expect(many.base).toMatchObject({ type: 'contaminated', base })
    expect(many.layers).toHaveLength(2)
    const asked = await auto(draw(90, 4), { steps: 1, threads: 0, recipe: { layers: 3 } })
    expect(asked.reasons.join('\n')).not.toContain('alone')
  })
})
