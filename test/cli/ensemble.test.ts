import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ensemble, loadModel, memberSeed } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCsv, pushforward } from './run.js'

let folder: string
const read = (run: string, file: string) => readFile(join(folder, run, file))
const json = async (run: string, file: string) => JSON.parse(String(await read(run, file)))
const cli = (line: string) => pushforward(line.split(' '), { cwd: folder })

const NAMED =
  'train points.csv --column all:plain --flow realNVP --layers 2 --hidden 4 --steps 40 --batch 32 --patience off'

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-ensemble-'))
  const rows = Array.from({ length: 200 }, (_, i) => `${((i * 37) % 101) / 20},${((i * 53) % 97) / 40 + (i % 2)}`)
  await writeFile(join(folder, 'points.csv'), `x,y\n${rows.join('\n')}\n`)
  const { code, stderr } = await cli(`${NAMED} --ensemble 3 --test 0.1 --plots on --threads 2 --out three`)
  expect(code, stderr).toBe(0)
})
afterAll(() => rm(folder, { recursive: true }))

describe('train --ensemble 3', () => {
  test('leaves one model file with three flows of seeds of their own', async () => {
    const model = (await loadModel(join(folder, 'three'))) as Ensemble
    expect(model).toBeInstanceOf(Ensemble)
    expect(model.members.map(({ seed }) => seed)).toEqual([0, 1, 2].map((m) => memberSeed(0, m)))
    expect(model.data.columns).toEqual(['x', 'y'])
    expect(model.members[0].scaler).toEqual(model.members[2].scaler)
  })

  test('is told in config.json, which repeats it to the byte, on other threads too', async () => {
    expect(await json('three', 'config.json')).toMatchObject({ ensemble: 3, steps: 40, flow: 'realNVP' })
    for (const threads of [0, 3]) {
      const { code, stderr } = await cli(`train --config three/config.json --threads ${threads} --out again${threads}`)
      expect(code, stderr).toBe(0)
      for (const file of ['model.safetensors', 'metrics.jsonl', 'samples.csv']) {
        expect(Buffer.compare(await read(`again${threads}`, file), await read('three', file)), file).toBe(0)
      }
    }
  })

  test('writes the losses of every member, and what each did', async () => {
    const lines = String(await read('three', 'metrics.jsonl'))
      .trimEnd()
      .split('\n')
    const metrics = lines.map((line) => JSON.parse(line))
    expect(metrics.map(({ member }) => member)).toEqual([0, 1, 2].flatMap((member) => Array(40).fill(member)))
    expect(metrics.map(({ step }) => step).slice(40, 43)).toEqual([0, 1, 2])
    expect(metrics[0].loss).not.toBe(metrics[40].loss)
    const { training } = await json('three', 'run.json')
    expect(training).toMatchObject({ steps: 40, threads: 2, stopped: 'steps' })
    expect(training.members).toHaveLength(3)
  })

  test('evaluates the mixture: its figures are those of its log-density, its mass is 1', async () => {
    const evaluation = await json('three', 'evaluation.json')
    const model = await loadModel(join(folder, 'three'))
    const { nll, integralOfDensity, worstRoundTrip } = evaluation
    expect([nll.train.rows, nll.validation.rows, nll.test.rows]).toEqual([162, 18, 20])
    const all = parseCsv(String(await readFile(join(folder, 'points.csv')))).rows
    const mean = -model.logProb(all).reduce((sum, value) => sum + value, 0) / 200
    expect((162 * nll.train.mean + 18 * nll.validation.mean + 20 * nll.test.mean) / 200).toBeCloseTo(mean, 5)
    expect(Math.abs(integralOfDensity.value - 1)).toBeLessThan(1e-3)
    expect(worstRoundTrip).toBeLessThan(1e-4)
  })

  test('draws what a mixture has pictures of, and none of layers', async () => {
    expect((await readdir(join(folder, 'three', 'plots'))).sort()).toEqual([
      'density.svg',
      'loss.svg',
      'pit.svg',
      'qq.svg',
      'samples.svg',
    ])
  })

  test('can be scored, sampled and shown', async () => {
    const model = await loadModel(join(folder, 'three'))
    const scored = parseCsv((await cli('score three points.csv --threads 2')).stdout)
    expect(scored.columns).toEqual(['x', 'y', 'log_prob', 'quantile'])
    const expected = model.logProb(scored.rows.map(([x, y]) => [x, y]))
    for (const [i, row] of scored.rows.entries()) expect(row[2]).toBeCloseTo(expected[i], 5)
    const drawn = parseCsv((await cli('sample three --rows 50 --seed 4')).stdout)
    expect(drawn.rows.flat()).toEqual([...model.sample(50, { seed: 4 }).data])
    const { stdout } = await cli('show three')
    expect(stdout).toMatch(
      /^Ensemble of 3 flows, which all count the same, \d+ parameters; each of them:\nFlow on 2 columns/,
    )
    expect(stdout).toContain(`Seeds 0, ${2 ** 40}, ${2 ** 41}`)
    const shown = JSON.parse((await cli('show three --json')).stdout)
    expect(shown).toMatchObject({ ensemble: 3, dim: 2, run: { status: 'finished' } })
    expect(shown.members).toHaveLength(3)
  })
})

test('--ensemble 1 is the flow alone, to the byte', async () => {
  for (const [out, extra] of [
    ['one', ' --ensemble 1'],
    ['alone', ''],
  ]) {
    expect((await cli(`${NAMED}${extra} --plots off --out ${out}`)).code).toBe(0)
  }
  for (const file of ['model.safetensors', 'metrics.jsonl', 'config.json']) {
    expect(Buffer.compare(await read('one', file), await read('alone', file)), file).toBe(0)
  }
  expect(await json('one', 'config.json')).not.toHaveProperty('ensemble')
})

describe('a flow that is chosen', () => {
  test('is chosen once and trained so many times, and repeated by the config', async () => {
    const { code, stderr } = await cli(
      'train points.csv --ensemble 2 --validation 0.1 --steps 10 --plots off --out chosen',
    )
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('training: 2 members, each of 10 steps')
    expect((await cli('train --config chosen/config.json --plots off --out repeated')).code).toBe(0)
    const [one, other] = [await read('repeated', 'model.safetensors'), await read('chosen', 'model.safetensors')]
    expect(Buffer.compare(one, other)).toBe(0)
  })

  test('has the members share the budget', async () => {
    const { code, stderr } = await cli('train points.csv --ensemble 4 --budget 1s --plots off --out budget')
    expect(code, stderr).toBe(0)
    expect((await json('budget', 'run.json')).training.members).toHaveLength(4)
  })
})

// What else runs on the machine may slow one of the two, but hardly three times.
test('of a flow that is named, many members take fewer steps each within a budget than one', {
  retry: 2,
}, async (context) => {
  const steps: number[] = []
  const round = context.task.result?.retryCount ?? 0
  for (const members of [1, 16]) {
    const flow = '--flow realNVP --layers 2 --hidden 4 --threads 1 --budget 0.5s --plots off'
    const { code, stderr } = await cli(`train points.csv ${flow} --ensemble ${members} --out named-${members}-${round}`)
    expect(code, stderr).toBe(0)
    steps.push((await json(`named-${members}-${round}`, 'config.json')).steps)
  }
  // A sixteenth, but for noise.
  expect(steps[1]).toBeLessThan(steps[0] / 2)
})

test.each([
  ['--ensemble 0', /--ensemble is "0"; expected an integer/],
  ['--ensemble 65', /--ensemble is "65"/],
  ['--ensemble many', /--ensemble is "many"/],
])('train refuses %s', async (args, message) => {
  const { code, stderr } = await cli(`train points.csv ${args}`)
  expect(stderr).toMatch(message)
  expect(code).toBe(2)
})
