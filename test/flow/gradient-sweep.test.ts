import { fit, flow } from 'pushforward'
import { expect, it } from 'vitest'
import { Tile } from '#flow/tile.js'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena, NONE } from '#kernels/heap.js'
import { crescent, recordedFlow, recording, tutorialLayers } from '../fixtures/tutorial.js'
import { relativeError, STEP } from '../laws/differences.js'

const { structure } = flow(2, tutorialLayers(), { precision: 'float64' })

/** The tutorial flow over the crescent rows on reference kernels, with log-densities and branches row by row. */
function sweepBench() {
  const rows = crescent.length
  const arena = new Arena('float64')
  const params = arena.real(structure.parameterCount)
  const dParams = arena.real(structure.parameterCount)
  const data = arena.real(rows * 2)
  const tile = new Tile(structure, arena, 'differentiate', structure.tileRows, params)
  tile.accumulateInto(dParams)
  const kernels = createKernels(createHeap(arena, 'portable', false))
  tile.load(kernels.heap)
  const { real } = kernels.heap
  const { mean, sd } = recording.scaler
  crescent.flat().forEach((value, i) => {
    real[data + i] = (value - mean[i % 2]) / sd[i % 2]
  })
  function eachTile(work: (first: number) => void): void {
    for (let first = 0; first < rows; first += tile.rows) {
      kernels.gather(2, tile.rows, tile.rows, data + 2 * first, NONE, tile.data)
      tile.density(kernels)
      work(first)
    }
  }
  return {
    set: (values: ArrayLike<number>) => real.set(values, params),
    logProb() {
      const logProb = new Float64Array(rows)
      const branches: string[] = []
      eachTile((first) => {
        for (let t = 0; t < tile.rows; t++) {
          logProb[first + t] = real[tile.logProb + t]
          branches.push(tile.branches(kernels, t).join(''))
        }
      })
      return { logProb, branches }
    },
    /** ∂(mean over all rows of weight · ln p)/∂parameters */
    gradient(weights: Float64Array) {
      real.fill(0, dParams, dParams + structure.parameterCount)
      eachTile((first) => {
        for (let t = 0; t < tile.rows; t++) real[tile.dLogProb + t] = weights[first + t] / rows
        tile.backward(kernels)
      })
      return real.slice(dParams, dParams + structure.parameterCount)
    },
  }
}

/** The worst relative error over all parameters, and how many rows were left out for jumping between branches. */
function sweep(parameters: Float64Array): { worst: number; leftOut: number } {
  const bench = sweepBench()
  let worst = 0
  let leftOut = 0
  const gradient = (weights: Float64Array) => {
    bench.set(parameters)
    return bench.gradient(weights)
  }
  const whole = gradient(new Float64Array(crescent.length).fill(1))
  for (let p = 0; p < parameters.length; p++) {
    const h = STEP * Math.max(1, Math.abs(parameters[p]))
    const points = [-2, -1, 1, 2].map((k) => {
      bench.set(parameters.map((value, i) => (i === p ? value + k * h : value)))
      return bench.logProb()
    })
    const weights = Float64Array.from(crescent, (_, t) =>
      points.every((q) => q.branches[t] === points[0].branches[t]) ? 1 : 0,
    )
    const missing = weights.filter((weight) => weight === 0).length
    leftOut += missing
    const [a, b, c, d] = points.map(({ logProb }) => logProb)
    const numerical =
      weights.reduce((sum, w, t) => sum + (w === 0 ? 0 : a[t] - d[t] + 8 * (c[t] - b[t])), 0) /
      (12 * h * crescent.length)
    worst = Math.max(worst, relativeError((missing === 0 ? whole : gradient(weights))[p], numerical))
  }
  return { worst, leftOut }
}

function report(name: string, { worst, leftOut }: { worst: number; leftOut: number }): void {
  const all = structure.parameterCount * crescent.length
  console.info(
    `${name}: worst relative error of ${structure.parameterCount} gradients ${worst.toExponential(2)}; ${leftOut} of ${all} row differences left out at kinks`,
  )
}

it('has every gradient of the tutorial flow within 1e-6 of central differences at its initial parameters', () => {
  const result = sweep(recordedFlow('float64').parameters as Float64Array)
  report('initial', result)
  expect(result.worst).toBeLessThan(1e-6)
})

it('has them within 1e-6 after training too', async () => {
  const trained = recordedFlow('float32')
  await fit(trained, crescent, { steps: 10_000 })
  const result = sweep(Float64Array.from(trained.parameters))
  report('trained', result)
  expect(result.worst).toBeLessThan(1e-6)
})
