// A layer of one's own in a flow that trains on two threads.
import { adamW, fit, flow, jang, leakyReLU, registerLayers } from 'pushforward'
import { scale } from './scale-layer.mjs'

await registerLayers(new URL('./scale-layer.mjs', import.meta.url))

// Columns of sd 4 and 6, left as they are: the layer has to find their scales.
const x = jang(2048, { seed: 1 })
const model = flow(2, [scale(), leakyReLU()])
const { losses, threads } = await fit(model, x, {
  steps: 2000,
  threads: 2,
  preprocess: 'none',
  optimizer: adamW({ learningRate: 1e-2 }),
})
const [first, last] = [losses[0], losses[losses.length - 1]]
console.log(`${threads} threads took the loss from ${first.toFixed(2)} to ${last.toFixed(2)} nats`)
console.log(`scales e^s = ${[...model.parameters.subarray(0, 2)].map((s) => Math.exp(s).toFixed(3)).join(', ')}`)
