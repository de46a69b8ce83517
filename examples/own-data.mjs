// From a CSV of one's own to its anomalies: the rows where the trained density is lowest.
//
//   node examples/own-data.mjs [FOLDER]
//
// pump.csv is made up: speed, current and temperature of a pump, 400 readings. In five of them each value alone is
// ordinary, but the three do not belong together.
import { readFileSync } from 'node:fs'
import { adamW, affineCoupling, alternatingMask, fit, flow, leakyReLU } from 'pushforward'
import { writePlots } from 'pushforward/report'

const folder = process.argv[2] ?? 'plots'
const PLANTED = [57, 133, 211, 288, 342]

const lines = readFileSync(new URL('pump.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
const columns = lines[0].split(',')
const rows = lines.slice(1).map((line) => line.split(',').map(Number))

const layers = Array.from({ length: 6 }, (_, i) => [
  leakyReLU(),
  affineCoupling({ mask: alternatingMask(columns.length, i), hidden: [8] }),
])
const model = flow(columns.length, layers.flat(), { seed: 1 })
// A fifth of the rows is held out, and training ends where they are described best: a flow that knew every single row
// by heart would find none of them strange.
const run = await fit(model, rows, {
  steps: 4000,
  validation: 0.2,
  optimizer: adamW({ learningRate: 3e-3 }),
  stopping: { patience: 500 },
})
console.log(`stopped after ${run.steps} steps (${run.stopped}), best at step ${run.bestStep}`)

const logDensities = model.logProb(rows)
const order = rows.map((_, i) => i).sort((a, b) => logDensities[a] - logDensities[b])
const lowest = order.slice(0, 8)
console.log(`lowest densities:\nrow    ln p  ${columns.join('  ')}`)
for (const i of lowest) {
  console.log(`${String(i + 1).padEnd(4)} ${logDensities[i].toFixed(1).padStart(6)}  ${rows[i].join('  ')}`)
}

await writePlots(folder, { ...run, flow: model, rows, columns })
console.log(`pictures in ${folder}`)
const missed = PLANTED.filter((row) => !lowest.includes(row - 1))
if (missed.length > 0)
  throw new Error(`Planted anomalies are not among the lowest densities: rows ${missed.join(', ')}.`)
