import { flow, reverse } from 'pushforward'
import { expect, test } from 'vitest'
import { matrixSource } from '#data/row-source.js'
import { integrateDensity } from '#train/density-integral.js'
import { gridAxis } from '#train/grid-axis.js'

const points = { data: Float64Array.of(-7, -7, 7, 7, 0, 0, 0.1, 0.1), rows: 4, columns: 2 }

test('a normal distribution integrates to 1 on the second grid, whichever way the cells are spread', async () => {
  const integral = await integrateDensity(flow(2, [reverse()]), [matrixSource(points)], { threads: 0 })
  expect(integral).toMatchObject({
    side: 512,
    converged: true,
    box: [
      [-10.5, 10.5],
      [-10.5, 10.5],
    ],
  })
  expect(integral.value).toBeCloseTo(1, 4)
})

test('half of a normal distribution integrates to ½: mass outside the box is missed', async () => {
  const right = { data: Float64Array.of(0, -7, 8, 7), rows: 2, columns: 2 }
  const model = flow(2, [reverse()])
  // The box is widened by a quarter of its range at either end.
  model.scaler.mean[0] = -2
  expect((await integrateDensity(model, [matrixSource(right)], { threads: 0 })).value).toBeCloseTo(0.5, 3)
})

test('cells are narrow where the points are, and none is wider than twice the even share', async () => {
  const crowd = Float64Array.from({ length: 1000 }, (_, i) => (i < 10 ? i * 10 : 50 + i / 1000))
  const edges = (await gridAxis(async (visit) => visit(crowd))).edges(100)
  const widths = Array.from({ length: 100 }, (_, i) => edges[i + 1] - edges[i])
  const [low, high] = [edges[0], edges[100]]
  expect([low, high]).toEqual([-22.5, 112.5])
  expect(Math.max(...widths)).toBeLessThanOrEqual((2 * (high - low)) / 100 + 1e-9)
  expect(widths.filter((width) => width < 0.1).length).toBeGreaterThan(40)
})
