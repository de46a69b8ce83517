// Untangles a crescent into a Gaussian, and draws how.
//
//   node examples/crescent.mjs [FOLDER]
import { join } from 'node:path'
import { adamW, affineCoupling, alternatingMask, fit, flow, generators, jang, leakyReLU, saveFlow } from 'pushforward'
import { writePlots } from 'pushforward/report'

const folder = process.argv[2] ?? 'plots'
const rows = jang(1024, { seed: 0 })
const layers = Array.from({ length: 9 }, (_, i) => [
  leakyReLU(),
  affineCoupling({ mask: alternatingMask(2, i), hidden: [4] }),
])
const model = flow(2, layers.flat(), { seed: 42 })
const run = await fit(model, rows, { steps: 2000, optimizer: adamW({ learningRate: 3e-3 }) })

// No model's expected negative log-likelihood is lower than the entropy of what the rows were drawn from.
const { entropy } = generators.get('jang')
const fresh = model.logProb(jang(100_000, { seed: 1 }))
const nll = -fresh.reduce((sum, value) => sum + value, 0) / fresh.length
console.log(`${run.steps} steps in ${run.seconds.toFixed(1)} s`)
console.log(`fresh rows: ${nll.toFixed(3)} nats; entropy, the floor: ${entropy.toFixed(3)} nats`)

const pictures = await writePlots(folder, { ...run, flow: model, rows, entropyFloor: entropy })
await saveFlow(model, join(folder, 'crescent.safetensors'))
console.log(`in ${folder}: crescent.safetensors, ${pictures.join(', ')}`)
if (!(nll > entropy - 0.03 && nll < entropy + 0.3))
  throw new Error(`The flow has not learnt the crescent: ${nll} nats.`)
