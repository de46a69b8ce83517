import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { affineCoupling, fit, fitEnsemble, flow, jang } from 'pushforward'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MetricsFile } from '#cli/metrics-file.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-metrics-'))
})
afterAll(() => rm(folder, { recursive: true }))

const member = (seed: number) => flow(2, [affineCoupling({ mask: [1, 0] }), affineCoupling({ mask: [0, 1] })], { seed })
const OPTIONS = { steps: 40, batch: 32, validation: 0.2, validationEvery: 3, threads: 0 }
const rows = jang(200)

/** Checkpoints of one fit that is stopped at each of these steps, and its losses. */
async function checkpoints(steps: readonly number[]) {
  const written: Uint8Array[] = []
  let resume: Uint8Array | undefined
  let losses = new Float64Array()
  for (const after of steps) {
    const checkpoint = { write: (bytes: Uint8Array) => void written.push(bytes) }
    const result = await fit(member(1), rows, { ...OPTIONS, stopping: { after }, checkpoint, resume })
    losses = result.losses as Float64Array<ArrayBuffer>
    resume = written.at(-1)
  }
  return { written, losses }
}
const read = async (path: string) =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('a line of every step up to the checkpoint, whether it follows the one before or another', async () => {
  const path = join(folder, 'metrics.jsonl')
  const { written, losses } = await checkpoints([5, 17, 29])
  const metrics = new MetricsFile(path)
  for (const [bytes, steps] of [
    [written[0], 5],
    [written[2], 29],
    [written[1], 17],
    [written[2], 29],
  ] as const) {
    await metrics.follow(bytes)
    const lines = await read(path)
    expect(lines.map(({ step, loss }) => [step, loss])).toEqual([...losses.slice(0, steps)].map((loss, i) => [i, loss]))
    expect(lines.flatMap(({ step, validation }) => (validation === undefined ? [] : [step]))).toEqual(
      Array.from({ length: Math.ceil(steps / 3) }, (_, i) => 3 * i),
    )
  }
})

test('what lies there of another process is written over, and one that was removed is written anew', async () => {
  const path = join(folder, 'torn.jsonl')
  const { written } = await checkpoints([5, 17])
  await writeFile(path, '{"step":0,"loss":1}\n{"st')
  const metrics = new MetricsFile(path)
  await metrics.follow(written[0])
  expect(await read(path)).toHaveLength(5)
  await rm(path)
  await expect(metrics.follow(written[1])).rejects.toThrow('ENOENT')
  await metrics.follow(written[1])
  expect(await read(path)).toHaveLength(17)
})

test('of an ensemble each line has its member, whichever comes first', async () => {
  const path = join(folder, 'members.jsonl')
  const metrics = new MetricsFile(path)
  const write = (bytes: Uint8Array) => metrics.follow(bytes)
  const { results } = await fitEnsemble([member(1), member(2)], rows, { ...OPTIONS, checkpoint: { write } })
  const lines = await read(path)
  for (const [m, { losses }] of results.entries()) {
    expect(lines.filter(({ member }) => member === m).map(({ loss }) => loss)).toEqual([...losses])
  }
})
