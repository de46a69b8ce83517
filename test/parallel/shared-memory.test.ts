import { expect, it } from 'vitest'
import { withSharedArrays } from '#parallel/shared-memory.js'

it('lends memory again that nobody uses, and never twice at a time', async () => {
  const like = new Float32Array()
  const lentBy = (count: number) =>
    withSharedArrays(async (lend) => Array.from({ length: count }, () => lend(like, 1000).buffer))
  const first = await lentBy(3)
  expect(new Set(first).size).toBe(3)
  expect(new Set([...first, ...(await lentBy(3))]).size).toBe(3)
  const [one, other] = await Promise.all([lentBy(2), lentBy(2)])
  expect(new Set([...one, ...other]).size).toBe(4)
})

it('keeps 64 MiB of memory that nobody uses', async () => {
  const like = new Float32Array()
  const lent = () =>
    withSharedArrays(async (lend) => Array.from({ length: 6 }, () => lend(like, 4 * 1024 * 1024).buffer))
  const [before, after] = [await lent(), await lent()]
  expect(after.filter((buffer) => before.includes(buffer)).length).toBe(4)
})

it('takes memory back from work that fails', async () => {
  const seen: ArrayBufferLike[] = []
  const failing = withSharedArrays(async (lend) => {
    seen.push(lend(new Float64Array(), 77).buffer)
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  await withSharedArrays(async (lend) => seen.push(lend(new Float64Array(), 77).buffer))
  expect(seen[1]).toBe(seen[0])
})
