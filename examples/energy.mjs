// A flow fitted to an energy without data: samples, and what they say about ln Z. The energy is in ring-energy.mjs.
import { adam, annealing, cosine, energyModule, fitEnergy, flow, importance, nsf } from 'pushforward'

const ring = energyModule(new URL('./ring-energy.mjs', import.meta.url), 'ring')
const model = flow(2, nsf(2, { layers: 4, hidden: [32], activation: 'silu' }), { seed: 1 })

const { losses, threads } = await fitEnergy(model, ring, {
  steps: 1000,
  threads: 2,
  optimizer: adam({ learningRate: 3e-3 }),
  schedule: cosine(),
  annealing: annealing({ temperature: 5 }),
})
console.log(
  `${threads} threads took the mean of ln q + U from ${losses[0].toFixed(2)} to ${losses.at(-1).toFixed(2)} nats`,
)

// The mean under the energy of any value: samples of the flow, each by its weight.
const { logZ, logZStandardError, effectiveSampleSize, samples, logWeights } = await importance(model, ring)
let height = 0
for (const [t, [, y]] of [...samples].entries()) height += Math.exp(logWeights[t]) * y
console.log(`ln Z = ${logZ.toFixed(3)} ± ${logZStandardError.toFixed(3)}`)
console.log(`${samples.rows} samples are worth ${Math.round(effectiveSampleSize * samples.rows)}`)
console.log(`mean of y under the energy: ${height.toFixed(2)}`)
