// The training step of the tutorial flow, 1024 rows: hidden 4 and 64, threads 0, 1 and 2, in alternating rounds.

import { affineCoupling, alternatingMask, fit, flow, jang, leakyReLU, type Threads } from 'pushforward'
import { Bench } from 'tinybench'
import { machine, table } from './machine.js'

const ROWS = 1024
const rows = jang(ROWS, { seed: 0 })

async function train(hidden: number[], threads: Threads, steps: number) {
  const layers = Array.from({ length: 9 }, (_, i) => [
    leakyReLU(),
    affineCoupling({ mask: alternatingMask(2, i), hidden }),
  ])
  const model = flow(2, layers.flat(), { seed: 42 })
  return fit(model, rows, { steps, threads })
}

const header = ['hidden', 'threads', 'ms a step', 'million rows/s', 'against 1 thread']
const body: string[][] = []
for (const [hidden, steps] of [
  [[4], 1000],
  [[64], 150],
] as const) {
  const threadCounts = [0, 1, 2]
  const losses = await Promise.all(
    threadCounts.map(async (threads) => (await train([...hidden], threads, 100)).losses[99]),
  )
  if (new Set(losses).size > 1) throw new Error(`Losses after 100 steps differ between thread counts: ${losses}`)
  // A step cannot be called by itself: a task is a whole job, and what it reports is the time of its steps.
  const bench = new Bench({ time: 0, iterations: 9, warmup: false })
  const milliseconds = new Map<number, number[]>(threadCounts.map((threads) => [threads, []]))
  bench.add('round', async () => {
    for (const threads of threadCounts) {
      const { seconds } = await train([...hidden], threads, steps)
      milliseconds.get(threads)?.push((1000 * seconds) / steps)
    }
  })
  await bench.run()
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]
  const medians = threadCounts.map((threads) => median(milliseconds.get(threads) ?? []))
  threadCounts.forEach((threads, i) => {
    body.push([
      String(hidden),
      String(threads),
      medians[i].toFixed(3),
      (ROWS / medians[i] / 1000).toFixed(2),
      `${(medians[1] / medians[i]).toFixed(2)}×`,
    ])
  })
}
console.log(`${machine()}; ${ROWS} rows × 2 columns, 9 × (leaky ReLU, coupling); medians of 9 alternating rounds`)
console.log(table([header, ...body]))
