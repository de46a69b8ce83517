// What one round of the soak does: a little of everything that holds memory, threads, files or listeners.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  adamW,
  auto,
  cosine,
  eightGaussians,
  ema,
  energies,
  fit,
  fitEnergy,
  fitEnsemble,
  flow,
  jang,
  loadModel,
  logProb,
  moons,
  nsf,
  predict,
  readTable,
  realNVP,
  sample,
  saveFlow,
  TrainingError,
} from 'pushforward'

const ROWS = 8192
const THREADS = { threads: 2 }
const x = moons(ROWS, { seed: 0 })
const small = () => nsf(2, { layers: 2, bins: 8, hidden: [16] })

/** Every activity by its name: each takes the round's number and a folder to write to, and leaves nothing behind. */
export const activities = {
  async training(round) {
    const watched = { batch: 256, validation: 0.1, average: ema(0.99), onProgress() {} }
    const rates = { optimizer: adamW({ learningRate: 2e-3 }), schedule: cosine() }
    const { steps } = await fit(flow(2, small(), { seed: round }), x, { steps: 300, ...watched, ...rates, ...THREADS })
    expectThat(steps === 300, `${steps} steps`)
  },

  async resuming(round) {
    const written = []
    const options = { steps: 60, batch: 128, seed: round, ...THREADS }
    const checkpoint = { every: 0, write: async (bytes) => void written.push(bytes) }
    await fit(flow(2, small(), { seed: 1 }), x, { ...options, checkpoint })
    const { steps } = await fit(flow(2, small(), { seed: 1 }), x, { ...options, resume: written[0] })
    expectThat(steps === 60, `${steps} steps after resuming`)
  },

  async energy(round) {
    const { steps } = await fitEnergy(flow(2, realNVP(2, { layers: 4, hidden: [16] })), energies.twoMoons, {
      ...{ steps: 60, batch: 256, seed: round },
      ...THREADS,
    })
    expectThat(steps === 60, `${steps} steps on an energy`)
  },

  async scoring(round) {
    const model = flow(2, small(), { seed: round })
    const shared = { rows: sharedRows(x.data), out: new Float32Array(new SharedArrayBuffer(4 * ROWS)) }
    const [copied, inPlace] = [
      await logProb(model, x, THREADS),
      await logProb(model, shared.rows, { ...THREADS, out: shared.out }),
    ]
    expectThat(copied[ROWS - 1] === inPlace[ROWS - 1], 'densities in shared memory')
    model.trace(jang(512, { seed: round }))
    model.score(x)
  },

  async sampling(round) {
    const model = flow(2, small(), { seed: round })
    const { data } = await sample(model, 20_000, { seed: round, ...THREADS })
    expectThat(data.every(Number.isFinite), 'samples')
    await predict(model, jang(64, { seed: round }), { of: 1 })
  },

  async files(round, folder) {
    const path = join(folder, 'model.safetensors')
    await saveFlow(flow(2, small(), { seed: round }), path)
    const model = await loadModel(path)
    expectThat(model.dim === 2 && (await readFile(path)).length > 0, 'a model file')
    // More than is held in memory: the rows wait in a temporary file.
    const table = join(folder, 'rows.csv')
    await writeFile(
      table,
      `a,b,c,d\n${Array.from({ length: 70_000 }, (_, i) => `${i},${i % 7}.5,${-i},1`).join('\n')}\n`,
    )
    const { columns, points } = await readTable(table)
    expectThat(points.rows === 70_000 && columns.length === 4, 'a table')
  },

  async choosing(round) {
    const rows = eightGaussians(2400, { seed: round })
    const { layers, base, fit: options } = await auto(rows, { steps: 20, ...THREADS })
    await fit(flow(2, layers, { base }), rows, { ...options, ...THREADS })
  },

  async ensembles(round, folder) {
    const members = [0, 1].map((seed) => flow(2, small(), { seed }))
    const options = { steps: 60, batch: 256, validation: 0.1, seed: round, ...THREADS }
    const { ensemble } = await fitEnsemble(members, x, options)
    const path = join(folder, 'ensemble.safetensors')
    await saveFlow(ensemble, path)
    const { length } = await logProb(await loadModel(path), x, THREADS)
    expectThat(length === ROWS, 'densities of an ensemble')
  },

  async aborting() {
    const controller = new AbortController()
    const onProgress = () => controller.abort()
    const { stopped } = await fit(flow(2, small()), x, { ...THREADS, signal: controller.signal, onProgress })
    expectThat(stopped === 'aborted', `stopped by ${stopped}`)
  },

  async failing() {
    const optimizer = adamW({ learningRate: 1e6 })
    await fit(flow(2, small()), x, { steps: 50, batch: 256, optimizer, ...THREADS }).catch((error) => {
      if (!(error instanceof TrainingError)) throw error
    })
  },
}

function sharedRows(data) {
  const rows = new Float64Array(new SharedArrayBuffer(8 * data.length))
  rows.set(data)
  return rows
}

function expectThat(holds, what) {
  if (!holds) throw new Error(`The soak met ${what} that it did not expect.`)
}
