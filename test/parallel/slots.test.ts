import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { computeSlot, createSlots, endSlots } from '#parallel/slots.js'

/** A worker that doubles the count of every chunk into `results`, or leaves at the first one. */
function worker(slots: ReturnType<typeof createSlots>, results: Float64Array, leaves = false) {
  const url = new URL('../../dist/parallel/slots.js', import.meta.url).href
  const code = `import(${JSON.stringify(url)}).then(({ serveSlots }) => {
    const { slots, results, leaves } = require('node:worker_threads').workerData
    serveSlots(slots, (slot, first, count) => {
      if (leaves) process.exit(3)
      results[first] += 2 * count
    })
  })`
  const thread = new Worker(code, { eval: true, workerData: { slots, results, leaves } })
  const exit = new Promise<number>((resolve) => thread.once('exit', resolve))
  return {
    exit,
    ended: exit.then((): never => {
      throw new Error('gone')
    }),
  }
}

it('computes every chunk once, through either slot, until it is over', async () => {
  const slots = createSlots(2)
  const results = new Float64Array(new SharedArrayBuffer(8 * 100))
  const { exit, ended } = worker(slots, results)
  const lines = [0, 1].map(async (slot) => {
    for (let first = slot; first < 100; first += 2) await computeSlot(slots, slot, first, first + 1, ended)
  })
  await Promise.all(lines)
  expect([...results]).toEqual(Array.from({ length: 100 }, (_, i) => 2 * (i + 1)))
  endSlots(slots)
  ended.catch(() => {})
  expect(await exit).toBe(0)
})

it('computes a chunk in any slot, whichever had the last one', async () => {
  const slots = createSlots(3)
  const results = new Float64Array(new SharedArrayBuffer(8 * 20))
  const { exit, ended } = worker(slots, results)
  const order = [0, 1, 1, 0, 2, 2, 2, 1, 0, 0, 2]
  for (const [first, slot] of order.entries()) await computeSlot(slots, slot, first, 1, ended)
  expect([...results.subarray(0, 12)]).toEqual([...order.map(() => 2), 0])
  endSlots(slots)
  ended.catch(() => {})
  expect(await exit).toBe(0)
})

it('does not wait for a thread that has ended', async () => {
  const slots = createSlots(2)
  const { ended } = worker(slots, new Float64Array(new SharedArrayBuffer(8)), true)
  await expect(computeSlot(slots, 0, 0, 1, ended)).rejects.toThrow('gone')
})
