import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { metricsText } from '#cli/metrics.js'
import { parseCsv, pushforward } from './run.js'

let folder: string
const at = (...parts: string[]) => join(folder, ...parts)
const json = async (...parts: string[]) => JSON.parse(await readFile(at(...parts), 'utf8'))
const model = (run: string) => readFile(at('runs', run, 'model.safetensors'), 'base64')
const rows = Array.from({ length: 120 }, (_, i) => `${i % 3},${(i * 37) % 101},${((i * 53) % 97) / 7},ok`)
const train = (...args: string[]) => pushforward(['train', '--plots', 'off', ...args], { cwd: folder })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-run-'))
  await writeFile(at('points.csv'), `set,x,y,remark\n${rows.join('\n')}\n`)
  const { code, stderr } = await train(
    ...'points.csv --flow tutorial --columns x,y --where set=1 --test 0.25 --steps 30 --seed 5 --out runs/points'.split(
      ' ',
    ),
  )
  expect(code, stderr).toBe(0)
})
afterAll(() => rm(folder, { recursive: true }))

describe('the run folder', () => {
  test('config.json repeats the run, to the same model; options given beside it win', async () => {
    expect(await json('runs', 'points', 'config.json')).toMatchObject({
      data: at('points.csv'),
      columns: ['x', 'y'],
      where: 'set=1',
      steps: 30,
      test: 0.25,
      patience: 10_000,
    })
    const again = ['--config', 'runs/points/config.json', '--out']
    const codes = [await train(...again, 'runs/again'), await train(...again, 'runs/other', '--seed', '6')]
    expect(codes.map(({ code }) => code)).toEqual([0, 0])
    expect(await model('again')).toBe(await model('points'))
    expect(await model('other')).not.toBe(await model('points'))
  })

  test('--where keeps 40 of the rows, --test 10 of them, validation 3 of the rest', async () => {
    const { nll, gaussianBaseline, note } = await json('runs', 'points', 'evaluation.json')
    expect([nll.train.rows, nll.validation.rows, nll.test.rows]).toEqual([27, 3, 10])
    expect(gaussianBaseline.test.rows).toBe(10)
    expect(note).toBeUndefined()
  })

  test('run.json tells versions, machine, threads, kernels, seed, data and the end', async () => {
    expect(await json('runs', 'points', 'run.json')).toMatchObject({
      status: 'finished',
      versions: { node: process.versions.node },
      machine: { cores: expect.any(Number) },
      seed: 5,
      data: { name: 'points', rows: 40, columns: ['x', 'y'], sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      training: { steps: 30, stopped: 'steps', kernels: 'simd', threads: expect.any(Number) },
    })
  })

  test('samples.csv has the columns of the data and as many rows as were trained on', async () => {
    const { columns, rows } = parseCsv(await readFile(at('runs', 'points', 'samples.csv'), 'utf8'))
    expect([columns, rows.length]).toEqual([['x', 'y'], 30])
  })

  test('no temporary file stays behind', async () => {
    expect((await readdir(at('runs', 'points'))).filter((name) => name.startsWith('.'))).toEqual([])
  })

  test('latest is the run that was finished last in runs/, and an error where there is none', async () => {
    await train('--steps', '2', '--rows', '50', '--out', 'runs/last')
    expect(await readFile(at('runs', 'latest'), 'utf8')).toBe('last\n')
    const { stdout } = await pushforward(['sample', 'latest', '--rows', '3'], { cwd: folder })
    expect(parseCsv(stdout)).toMatchObject({ columns: ['x1', 'x2'], rows: { length: 3 } })
    const { code, stderr } = await pushforward(['sample', 'latest'], { cwd: at('runs') })
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^pushforward: There is no latest run: [^\n]*\n$/)])
  })

  test('a loss that is not finite exits with 1: the best, the losses and the reason are there', async () => {
    const { code, stderr } = await train('--lr', '1e30', '--steps', '50', '--rows', '64', '--out', 'runs/wild')
    expect(code).toBe(1)
    expect(stderr).toMatch(/\npushforward: The loss at step \d+ is [^\n]*What was reached is saved as [^\n]*\n$/)
    expect(await json('runs', 'wild', 'run.json')).toMatchObject({ status: 'failed', error: expect.any(String) })
    expect(await readdir(at('runs', 'wild'))).toEqual(
      expect.arrayContaining(['config.json', 'metrics.jsonl', 'model.safetensors']),
    )
  })

  test.each([
    ['[1]', /holds no JSON object/],
    ['{"stesp": 3}', /train has no option "stesp"\. Did you mean steps\?/],
    ['{"steps": {}}', /"steps" is \{\}; expected text or a number/],
    ['{"steps": 0}', /--steps is "0"; expected an integer from 1 to 100000000/],
  ])('--config with %s is refused', async (text, message) => {
    await writeFile(at('config.json'), text)
    const { code, stderr } = await train('--config', 'config.json')
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
  })
})

test('a model that its folder cannot take any more is saved elsewhere, and the message says where', async () => {
  const { code, stderr } = await pushforward(['train', '--steps', '20000', '--out', 'runs/gone'], {
    cwd: folder,
    env: { TMPDIR: folder },
    onStart: (child) =>
      child.stderr?.once('data', () =>
        rm(at('runs', 'gone'), { recursive: true }).then(() => writeFile(at('runs', 'gone'), '')),
      ),
  })
  const saved = /It is saved as (.+) instead\./.exec(stderr)?.[1] ?? 'no path'
  expect(code).toBe(1)
  const { stdout } = await pushforward(['show', saved], { cwd: folder })
  expect(stdout).toContain('180 parameters')
  await rm(at('runs', 'gone'))
})

describe('warnings', () => {
  test('name discrete columns and count repeated rows, and are silent where there are none', async () => {
    const { stderr } = await train(
      ...'points.csv --columns set,x --column all:plain --steps 1 --out runs/discrete'.split(' '),
    )
    expect(stderr).toContain('Warning: few different values for 120 rows in column "set" (3): ')
    await writeFile(at('twice.csv'), 'x,y\n1,2\n3,4\n1,2\n5,7\n6,1\n')
    const twice = await train(...'twice.csv --column all:plain --validation 0 --steps 1 --out runs/twice'.split(' '))
    expect(twice.stderr).toContain('Warning: 1 of 5 rows repeat an earlier one')
    const { stderr: none } = await train('points.csv', '--columns', 'x,y', '--steps', '1', '--out', 'runs/none')
    expect(none).not.toContain('Warning')
  })
})

describe('--json', () => {
  test('train: events, one object a line, and nothing on stderr', async () => {
    const { code, stdout, stderr } = await train('--json', '--steps', '20', '--rows', '64', '--out', 'runs/json')
    expect([code, stderr]).toEqual([0, ''])
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const names = events.map(({ event }) => event).filter((name, i, all) => name !== all[i - 1])
    expect(names).toEqual(['started', 'progress', 'trained', 'evaluated', 'saved'])
    expect(events.at(-4)).toMatchObject({ step: 20, steps: 20, loss: expect.any(Number) })
    expect(events.at(-1)).toMatchObject({ folder: 'runs/json' })
  })

  test('train goes on to its end when the reader of its events leaves', async () => {
    const { code } = await pushforward(['train', '--json', '--steps', '400', '--out', 'runs/left'], {
      cwd: folder,
      onStart: (child) => child.stdout?.once('data', () => child.stdout?.destroy()),
    })
    expect(code).toBe(0)
    expect(JSON.parse(await readFile(at('runs', 'left', 'run.json'), 'utf8')).status).toBe('finished')
  })

  test('sample, score, data: one object a row, with the numbers of the CSV', async () => {
    const command = async (...args: string[]) => (await pushforward(args, { cwd: folder })).stdout.trimEnd().split('\n')
    for (const args of [
      ['sample', 'runs/points'],
      ['score', 'runs/points', 'points.csv'],
      ['data', 'jang'],
    ]) {
      const { columns, rows } = parseCsv((await command(...args)).join('\n'))
      const objects = (await command(...args, '--json')).map((line) => JSON.parse(line))
      expect(objects.map((object) => columns.map((name) => object[name]))).toEqual(rows)
    }
  })

  test('show: one object with layers, columns, run and evaluation', async () => {
    const { stdout } = await pushforward(['show', 'runs/points', '--json'], { cwd: folder })
    const shown = JSON.parse(stdout)
    expect(stdout.trimEnd()).not.toContain('\n')
    expect(shown).toMatchObject({ dim: 2, seed: 5, columns: ['x', 'y'], run: { status: 'finished' } })
    expect(shown.layers).toHaveLength(18)
    expect(shown.evaluation.nll.test.rows).toBe(10)
  })
})

test('show names layers, columns, seed, data and figures; a model file alone will do', async () => {
  const { stdout } = await pushforward(['show', 'runs/points'], { cwd: folder })
  for (const part of ['Scale and Shift', '180 parameters', 'Seed 5', '40 rows of points', 'test (10 rows)', '  y  ']) {
    expect(stdout).toContain(part)
  }
  await writeFile(at('alone.safetensors'), await readFile(at('runs', 'points', 'model.safetensors')))
  const alone = await pushforward(['show', 'alone.safetensors'], { cwd: folder })
  expect(alone.stdout.trimEnd()).toBe(stdout.slice(0, stdout.indexOf('\nRun of')))
})

describe('metricsText', () => {
  const text = (steps: number, validations = 0) =>
    metricsText({
      losses: Float64Array.from({ length: steps }, (_, i) => 1 / (i + 3)),
      validationLosses: Float64Array.from({ length: validations }, (_, i) => 1 / (i + 7)),
      validationEvery: 1,
    })

  test('holds every step of a short run, and its validations', () => {
    const lines = text(3, 3)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toEqual([0, 1, 2].map((step) => ({ step, loss: 1 / (step + 3), validation: 1 / (step + 7) })))
  })

  test('stays under 2 MB for 10⁶ steps, validated each, and ends with the last', () => {
    const written = text(1e6, 1e6)
    expect(written.length).toBeLessThan(2e6)
    expect(written.slice(0, 40)).toMatch(/^\{"step":0,/)
    expect(written).toContain('\n{"step":100,')
    expect(JSON.parse(written.trimEnd().split('\n').at(-1) ?? '').step).toBe(999_999)
  })
})

test.skipIf(process.getuid?.() === 0)(
  'a folder that may not be written is found before anything takes long',
  async () => {
    const closed = await mkdtemp(join(tmpdir(), 'pushforward-closed-'))
    await chmod(closed, 0o500)
    const { code, stderr } = await pushforward(['train', '--budget', '1h'], { cwd: closed })
    expect([code, stderr]).toEqual([
      2,
      `pushforward: No results can be written in runs: ${closed} is read-only for you. Give a folder, --out FOLDER.\n`,
    ])
    await rm(closed, { recursive: true })
  },
)
