import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bestStart, flow, loadFlow, memberSeed, realNVP } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pushforward } from './run.js'

let folder: string
const read = (run: string, file: string) => readFile(join(folder, run, file))
const json = async (run: string, file: string) => JSON.parse(String(await read(run, file)))
async function done(line: string) {
  const outcome = await pushforward(`train ${line} --plots off`.split(' '), { cwd: folder })
  expect(outcome.code, outcome.stderr).toBe(0)
  return outcome
}

const rows = Array.from({ length: 200 }, (_, i) => [((i * 37) % 101) / 20, ((i * 53) % 97) / 40 + (i % 2)])

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-starts-'))
  await writeFile(join(folder, 'points.csv'), `x,y\n${rows.map((row) => row.join(',')).join('\n')}\n`)
})
afterAll(() => rm(folder, { recursive: true }))

describe('train --starts 3', () => {
  test('trains the best of three starts, tells each, and is repeated to the byte on other threads', async () => {
    const { stderr } = await done(
      'points.csv --flow realNVP --layers 2 --hidden 4 --steps 100 --lr 0.01 --starts 3 --threads 2 --column all:plain --out three',
    )
    const { starts } = await json('three', 'run.json')
    expect(starts.seeds).toEqual([0, 1, 2].map((m) => memberSeed(0, m)))
    expect(starts.best).toBe(starts.nll.indexOf(Math.min(...starts.nll)))
    expect(stderr).toContain(`so the one of seed ${starts.seeds[starts.best]}.`)
    expect((await loadFlow(join(folder, 'three'))).seed).toBe(starts.seeds[starts.best])
    // The same of code, with what a named flow is trained by.
    const flows = starts.seeds.map((seed: number) => flow(2, realNVP(2, { layers: 2, hidden: [4] }), { seed }))
    const config = await json('three', 'config.json')
    const optimizer = {
      type: 'adamW',
      learningRate: config.lr,
      weightDecay: config['weight-decay'],
      ...config.set.optimizer,
    }
    const { losses } = await bestStart(flows, rows, { steps: 100, validation: 0.1, optimizer })
    expect(starts.nll).toEqual(losses)
    expect(config).toMatchObject({ starts: 3, seed: 0, steps: 100 })
    for (const threads of [0, 3]) {
      await done(`--config three/config.json --threads ${threads} --out again${threads}`)
      for (const file of ['model.safetensors', 'metrics.jsonl']) {
        expect(Buffer.compare(await read(`again${threads}`, file), await read('three', file)), file).toBe(0)
      }
    }
  })

  test('goes with a flow that is chosen, which then has rows held out, and shares the budget', async () => {
    await done('points.csv --starts 2 --steps 12 --out chosen')
    expect(await json('chosen', 'config.json')).toMatchObject({ starts: 2, validation: 0.1 })
    await done('--config chosen/config.json --out rechosen')
    expect(await read('rechosen', 'model.safetensors')).toEqual(await read('chosen', 'model.safetensors'))
    await done('points.csv --flow realNVP --layers 2 --hidden 4 --starts 2 --budget 0.3s --out budget')
    expect((await json('budget', 'run.json')).starts.nll).toHaveLength(2)
  })

  test('of a generator holds rows out', async () => {
    await done('moons --rows 200 --flow realNVP --layers 2 --hidden 4 --starts 2 --steps 10 --out moons')
    expect(await json('moons', 'config.json')).toMatchObject({ validation: 0.1 })
  })
})
