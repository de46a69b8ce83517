import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { standardNormals } from '../fixtures/normals.js'
import { pushforward } from './run.js'

let folder: string
const read = async (run: string, file: string) => readFile(join(folder, run, file))
const config = async (run: string) => JSON.parse(String(await read(run, 'config.json')))
const train = (...args: string[]) => pushforward(['train', '--plots', 'off', ...args], { cwd: folder })

/** Two clouds far apart. */
const rows = Array.from({ length: 200 }, (_, i) => {
  const side = i % 2 === 0 ? -4 : 4
  return `${side + ((i * 37) % 101) / 50},${((i * 53) % 97) / 40 - side / 2},${i % 5}`
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-auto-'))
  await writeFile(join(folder, 'points.csv'), `x,y,w\n${rows.join('\n')}\n`)
  const lines = (count: number) => standardNormals(count, 2).join('\n')
  await writeFile(join(folder, 'normal.csv'), `x,y\n${lines(100)}\n`)
  await writeFile(join(folder, 'many.csv'), `x,y\n${lines(2000)}\n`)
  await writeFile(join(folder, 'fewer.csv'), `x,y\n${lines(1999)}\n`)
  const { code, stderr } = await train(...'points.csv --columns x,y --validation 0.1 --steps 20 --out one'.split(' '))
  expect(code, stderr).toBe(0)
})
afterAll(() => rm(folder, { recursive: true }))

describe('train FILE', () => {
  test('tells flow, base, preprocessing and training in config.json, which repeats the run to the byte', async () => {
    const told = await config('one')
    expect(told).toMatchObject({
      flow: {
        layers: [{ type: 'coupling' }, { type: 'coupling' }],
        base: { type: 'contaminated', base: { type: 'gaussianMixture' } },
      },
      preprocess: { type: 'preprocess' },
      steps: 20,
      set: { schedule: { type: 'warmUp' }, clip: 5, average: { type: 'ema' }, optimizer: { beta2: 0.99 } },
    })
    const { code, stderr } = await train(...'--config one/config.json --out again'.split(' '))
    expect(code, stderr).toBe(0)
    expect(await read('again', 'model.safetensors')).toEqual(await read('one', 'model.safetensors'))
    expect(await config('again')).toEqual(told)
  })

  test('says what it chose and why', async () => {
    const { stderr } = await train(...'points.csv --columns x,y --validation 0.1 --steps 5 --out told'.split(' '))
    expect(stderr).toContain('2 columns, 180 rows: 2 spline layers of 8 bins, nets of [32, 32]')
    expect(stderr).toMatch(
      /base: a mixture of \d normals makes rows that are left out likelier by [\d.]+ nats than one/,
    )
  })

  test('puts --set over what was chosen, and over a config', async () => {
    const args =
      'points.csv --columns x,y --validation 0.1 --steps 5 --lr 0.01 --set clip=2,average=none,schedule=cosine,schedule.final=0.5,noise=0.3'
    expect((await train(...args.split(' '), '--out', 'set')).code).toBe(0)
    const { set, lr } = await config('set')
    expect(lr).toBe(0.01)
    expect(set).toMatchObject({ clip: 2, schedule: { type: 'cosine', final: 0.5 }, noise: { sd: 0.3 } })
    expect(set).not.toHaveProperty('average')
    expect((await train(...'--config set/config.json --set clip=3 --out over'.split(' '))).code).toBe(0)
    expect(await config('over')).toEqual({ ...(await config('set')), set: { ...set, clip: 3 } })
  })

  test('cross-validates few rows, trains on all of them for as long as that helped, and repeats it', async () => {
    const { code, stderr } = await train(...'points.csv --columns x,y --steps 30 --out folds'.split(' '))
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('2 columns, 200 rows')
    expect(stderr).toMatch(/−ln p of 5 fifths left out in turn: one normal [\d.]+, 2 normals [\d.]+; so 2 normals/)
    expect(stderr).toMatch(/training \(200 rows\)/)
    expect(stderr).toMatch(
      /5-fold cross-validation +NLL, nats a row +better than a Gaussian by\n {2}one normal +[\d.]+ ± /,
    )
    expect(stderr.replaceAll('\n', ' ')).toMatch(
      /By 5-fold cross-validation the flow is better than a single Gaussian by [\d.]+ ± [\d.]+ nats a row; /,
    )
    const { trials, verdict } = JSON.parse(String(await read('folds', 'evaluation.json')))
    expect(trials).toMatchObject({
      folds: 5,
      chosen: '2 normals',
      flows: [{ name: 'one normal' }, { name: '2 normals' }],
    })
    const { mean, standardError } = trials.flows[1].gaussianGain
    expect(mean).toBeGreaterThan(3 * standardError)
    expect(verdict).toContain(`by ${mean.toFixed(2)}`.slice(0, -1))
    expect((await train(...'--config folds/config.json --out refolded'.split(' '))).code).toBe(0)
    expect(await read('refolded', 'model.safetensors')).toEqual(await read('folds', 'model.safetensors'))
  })

  test('of rows that need no training says so, and of an ensemble that it is one', async () => {
    const { code, stderr } = await train(...'normal.csv --steps 20 --ensemble 2 --out still'.split(' '))
    expect(code, stderr).toBe(0)
    expect(stderr).toMatch(/Nothing needed training: fitted in [\d.]+ s\./)
    expect(stderr).not.toMatch(/1 steps?\b/)
    expect(stderr).toMatch(/this ensemble +-?\d/)
    expect(stderr.replaceAll('\n', ' ')).toMatch(/a member of the ensemble is .*; nothing needed training; /)
    const { stdout } = await pushforward(['show', join(folder, 'still')])
    expect(stdout).toMatch(/finished, nothing needed training, on 100 rows/)
  })

  test('keeps a twentieth of 2000 rows or more for a test, 200 at least, unless told otherwise', async () => {
    const flow = '--flow realNVP --layers 1 --hidden 2 --steps 2'
    const run = async (args: string) => {
      const { code, stderr } = await train(...`${args} --out ${args.replaceAll(/[^a-z0-9]/g, '')}`.split(' '))
      expect(code, stderr).toBe(0)
      const name = args.replaceAll(/[^a-z0-9]/g, '')
      const { nll, verdict } = JSON.parse(String(await read(name, 'evaluation.json')))
      return { name, verdict, rows: [nll.train.rows, nll.validation?.rows, nll.test?.rows] }
    }
    const many = await run(`many.csv ${flow}`)
    expect(many.rows).toEqual([1620, 180, 200])
    expect(many.verdict).toMatch(/^On 200 test rows the flow/)
    expect((await config(many.name)).test).toBe(0.1)
    expect((await run(`--config ${many.name}/config.json`)).rows).toEqual([1620, 180, 200])
    expect((await run(`many.csv --test 0 ${flow}`)).rows).toEqual([1800, 200, undefined])
    expect((await run(`fewer.csv ${flow}`)).rows).toEqual([1799, 200, undefined])
    expect((await run(`jang --rows 2000 ${flow}`)).rows).toEqual([2000, undefined, undefined])
    expect((await run('many.csv --steps 2')).rows).toEqual([1620, 180, 200])
  })

  test('counts the steps of a named flow by --budget', async () => {
    const args = 'points.csv --columns x,y --flow realNVP --layers 2 --hidden 4 --budget 1s --out named'
    expect((await train(...args.split(' '))).code).toBe(0)
    const { steps, flow } = await config('named')
    expect(flow).toBe('realNVP')
    expect(steps).toBeGreaterThan(1)
  })

  test('keeps the least bins and slopes of a named flow in config.json and in the model', async () => {
    const args = 'points.csv --columns x,y --flow nsf --layers 1 --hidden 4 --min-bin-size 0.02 --min-derivative 0.05'
    expect((await train(...args.split(' '), '--steps', '2', '--out', 'minima')).code).toBe(0)
    expect(await config('minima')).toMatchObject({ 'min-bin-size': 0.02, 'min-derivative': 0.05 })
    const { code, stderr } = await train(...'--config minima/config.json --out minima-again'.split(' '))
    expect(code, stderr).toBe(0)
    const model = await read('minima', 'model.safetensors')
    expect(await read('minima-again', 'model.safetensors')).toEqual(model)
    expect(model.toString('latin1')).toContain('"minBinSize":0.02,"minDerivative":0.05'.replaceAll('"', '\\"'))
  })

  test.each([
    ['--budget 0', /--budget is "0"; expected a time such as 90, 60s or 5m/],
    ['--budget 5s --steps 9', /--budget and --steps both say how long to train/],
    ['--set clop=1', /--set names "clop", which is no option of a fit. Did you mean clip\?/],
    ['--set clip', /--set has "clip"; expected NAME=VALUE/],
    ['--set schedule=cosin --steps 3', /schedule is "cosin"; expected .* Did you mean cosine\?/],
    ['--bins 1', /--bins is "1"; expected an integer ≥ 2/],
    ['--fourier 3.5', /--fourier/],
    ['--min-derivative 1', /--min-derivative is "1"; expected a share from 0 to below 1/],
    ['--flow nsf --min-bin-size 0', /nsf's minBinSize is 0; expected a number from 10⁻⁶ to below 1/],
    ['--flow maf --min-bin-size 0.1', /maf has no option "minBinSize"/],
    ['--steps 2 --min-bin-size 0.2', /auto's minBinSize is 0.2 of 8 bins, which fills the box/],
  ])('refuses %s', async (args, message) => {
    const { code, stderr } = await train('points.csv', '--columns', 'x,y', ...args.split(' '))
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })
})

test('train alone is the tutorial', async () => {
  const { code } = await train(...'--steps 3 --rows 50 --out tutorial'.split(' '))
  expect(code).toBe(0)
  expect(await config('tutorial')).toMatchObject({ data: 'jang', flow: 'tutorial', steps: 3, batch: 'all', lr: 1e-4 })
})
