import { fit, flow, logProb, registerLayers, UsageError } from 'pushforward'
import { beforeAll, expect, it } from 'vitest'
import { normals } from '../laws/bench.js'
import { centralDifference, relativeError } from '../laws/differences.js'

const MODULE = new URL('../../examples/scale-layer.mjs', import.meta.url)
const scale = () => ({ type: 'scale' })

beforeAll(() => registerLayers(MODULE))

it('a layer of an own module has the gradient of differences, and comes back', () => {
  const model = flow(3, [scale(), scale()], { precision: 'float64' })
  model.parameters.set(normals(6, 1))
  const rows = normals(30, 2)
  const { gradient } = model.nll(rows)
  for (let p = 0; p < 6; p++) {
    const theta = model.parameters[p]
    const numerical = centralDifference(theta, (value) => {
      model.parameters[p] = value
      return { value: model.nll(rows).nll, branch: '' }
    })
    model.parameters[p] = theta
    expect(relativeError(gradient[p], numerical as number)).toBeLessThan(1e-8)
  }
  const { x } = model.inverse(model.forward(rows).z)
  for (let i = 0; i < 30; i++) expect(x.data[i]).toBeCloseTo(rows[i], 12)
})

it('trains and scores on two threads to the bits of none', async () => {
  const rows = normals(3000, 3).map((value, i) => value * (i % 2 === 0 ? 4 : 0.25))
  const [here, there] = await Promise.all(
    [0, 2].map(async (threads) => {
      const model = flow(2, [scale()])
      await fit(model, rows, { steps: 50, preprocess: 'none', threads })
      return { model, densities: await logProb(model, rows, { threads }) }
    }),
  )
  expect(there.model.parameters).toEqual(here.model.parameters)
  expect(there.densities).toEqual(here.densities)
  expect(here.model.parameters[0]).toBeLessThan(0)
  expect(here.model.parameters[1]).toBeGreaterThan(0)
})

it('a module without layers, or with a type that is taken, is refused', async () => {
  await expect(registerLayers('data:text/javascript,export const layers = 1')).rejects.toThrow(UsageError)
  await expect(registerLayers('data:text/javascript,export const layers = { leakyReLU() {} }')).rejects.toThrow(
    'A layer "leakyReLU" is registered already; give yours another type.',
  )
})
