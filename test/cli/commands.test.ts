import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadFlow } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCsv, pushforward } from './run.js'

/** What a run leaves behind. */
const FILES = [
  'config.json',
  'evaluation.json',
  'metrics.jsonl',
  'model.safetensors',
  'plots',
  'report.html',
  'run.json',
  'samples.csv',
]

let folder: string
const at = (...parts: string[]) => join(folder, ...parts)
const faithful = '\ufeff"eruptions";"waiting"\r\n'
const minutes = Array.from({ length: 80 }, (_, i) => [1.5 + ((i * 37) % 80) / 25, 43 + ((i * 53) % 80) / 1.7])

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-cli-'))
  await writeFile(at('faithful.csv'), `${faithful}${minutes.map((row) => row.join(';')).join('\r\n')}\r\n`)
  await writeFile(at('bad.csv'), 'a,b\n1,2\n2,oops\n3,4\n')
  const runs = [
    ['train', '--plots', 'off', '--steps', '40', '--out', at('jang')],
    ['train', '--plots', 'off', at('faithful.csv'), '--flow', 'tutorial', '--steps', '40', '--out', at('geyser')],
  ]
  for (const { code, stderr } of await Promise.all(runs.map((args) => pushforward(args)))) expect(code, stderr).toBe(0)
})
afterAll(() => rm(folder, { recursive: true }))

describe('train', () => {
  test('without arguments trains the tutorial flow on 1024 rows and leaves model and evaluation in runs/', async () => {
    const { code, stdout, stderr } = await pushforward(['train', '--steps', '3'], { cwd: folder })
    expect([code, stdout]).toEqual([0, ''])
    expect(stderr).toContain('Training on 1024 rows of jang (x1, x2), 180 parameters.')
    expect(stderr).toMatch(
      /this flow +\d\.\d{4} ± 0\.\d{4}.*\nsingle Gaussian +5\.\d{4} ± 0\.\d{4} +5\.\d{4} ± 0\.\d{4}\n {2}flow better by +-\d\.\d{4}[\s\S]*\nfloor \(entropy\) +4\.2242\n/,
    )
    // The verdict ends what is said, in lines that a terminal shows whole.
    const verdict = stderr.split('\n\n')[1]
    expect(verdict).toMatch(
      /^On 100000 fresh rows the flow is worse than a single\sGaussian by [\s\S]*\.\nSaved in runs/,
    )
    for (const line of verdict.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    const [run, latest] = (await readdir(at('runs'))).sort()
    expect(run).toMatch(/^\d{8}-\d{6}-jang$/)
    expect((await readdir(at('runs', run))).sort()).toEqual(FILES)
    expect(await readFile(at('runs', 'latest'), 'utf8')).toBe(`${run}\n`)
    expect(latest).toBe('latest')
    expect(await readdir(at('runs', run, 'plots'))).toEqual(
      expect.arrayContaining(['density.svg', 'film.svg', 'loss.svg']),
    )
  })

  test('writes evaluation.json: NLLs beside the Gaussian, the floor, the excess, the losses', async () => {
    const evaluation = JSON.parse(await readFile(at('jang', 'evaluation.json'), 'utf8'))
    const { nll, gaussianBaseline, entropyFloor, excess, losses } = evaluation
    expect(nll.train).toEqual({ mean: expect.any(Number), standardError: expect.any(Number), rows: 1024 })
    expect(gaussianBaseline.train.mean).toBeLessThan(nll.train.mean)
    expect(entropyFloor).toBeCloseTo(4.224171, 6)
    expect(Math.abs(nll.train.mean - entropyFloor - excess.train.mean)).toBeLessThan(0.2)
    expect(excess.fresh.mean).toBeGreaterThan(-3 * excess.fresh.standardError)
    expect(losses).toMatchObject({ steps: 40, bestStep: 39, stopped: 'steps' })
  })

  test('holds a tenth of a file out, and keeps its column names', async () => {
    const { nll } = JSON.parse(await readFile(at('geyser', 'evaluation.json'), 'utf8'))
    expect([nll.train.rows, nll.validation.rows]).toEqual([72, 8])
    expect((await loadFlow(at('geyser'))).data.columns).toEqual(['eruptions', 'waiting'])
  })

  test('gives the same model file for any number of threads, another one for another seed', async () => {
    const file = async (name: string, ...args: string[]) => {
      const { code } = await pushforward(['train', '--plots', 'off', '--steps', '40', '--out', at(name), ...args])
      expect(code).toBe(0)
      return (await readFile(at(name, 'model.safetensors'))).toString('base64')
    }
    const [none, three, other] = await Promise.all([
      file('none', '--threads', '0'),
      file('three', '--threads', '3'),
      file('other', '--seed', '1'),
    ])
    expect(none).toBe((await readFile(at('jang', 'model.safetensors'))).toString('base64'))
    expect(three).toBe(none)
    expect(other).not.toBe(none)
  })

  test('passes its options on', async () => {
    const options = '--rows 64 --layers 2 --hidden 3,5 --batch 16 --lr 0 --weight-decay 0 --steps 9 --kernels portable'
    const { code, stderr } = await pushforward([
      'train',
      '--plots',
      'off',
      ...options.split(' '),
      '--out',
      at('options'),
    ])
    expect(code).toBe(0)
    expect(stderr).toContain('64 rows of jang')
    expect(stderr).toContain('(portable): all steps done')
    const model = await loadFlow(at('options'))
    expect(model.structure.layers.map(({ label }) => label)).toEqual([
      'Leaky ReLU',
      'Scale and Shift',
      'Leaky ReLU',
      'Scale and Shift',
    ])
    expect(model.structure.description.layers[3]).toMatchObject({ hidden: [3, 5], mask: [0, 1] })
  })

  test('stops when it is out of patience, and never with patience off', async () => {
    const options = ['train', '--plots', 'off', '--rows', '32', '--lr', '0', '--steps', '50', '--out']
    const patient = await pushforward([...options, at('patient'), '--patience', '5'])
    expect(patient.stderr).toMatch(/\n6 steps in .*: out of patience, best at step 0\./)
    const off = await pushforward([...options, at('off'), '--patience', 'off'])
    expect(off.stderr).toMatch(/\n50 steps in .*: all steps done/)
  })

  test('refuses patience with minibatches that nothing is held out from', async () => {
    const { code, stderr } = await pushforward([
      'train',
      '--plots',
      'off',
      '--batch',
      '64',
      '--patience',
      '5',
      '--out',
      at('noisy'),
    ])
    expect(code).toBe(2)
    expect(stderr).toMatch(/stopping with minibatches needs rows to watch/)
    expect(await readdir(folder)).not.toContain('noisy')
  })

  test('reads standard input for -', async () => {
    const input = minutes.map((row) => row.join('\t')).join('\n')
    const { code, stderr } = await pushforward(['train', '--plots', 'off', '-', '--steps', '2', '--out', at('piped')], {
      input,
    })
    expect([code, stderr]).toEqual([0, expect.stringContaining('Training on 80 rows of stdin (x1, x2)')])
  })

  test('refuses a folder that is not empty, before it reads any data', async () => {
    const { code, stderr } = await pushforward(['train', '--plots', 'off', at('bad.csv'), '--out', at('jang')])
    expect(code).toBe(2)
    expect(stderr).toMatch(/--out .*jang cannot be used: it is not empty\. Give a new folder, or one that is empty\./)
  })

  test('takes an empty folder, and refuses a file', async () => {
    await mkdir(at('empty'))
    expect((await pushforward(['train', '--plots', 'off', '--steps', '1', '--out', at('empty')])).code).toBe(0)
    const { code, stderr } = await pushforward(['train', '--plots', 'off', '--steps', '1', '--out', at('bad.csv')])
    expect([code, stderr]).toEqual([2, expect.stringContaining('it is a file')])
  })

  test('names file, line, column and value of a bad cell, and leaves no folder', async () => {
    const { code, stdout, stderr } = await pushforward([
      'train',
      '--plots',
      'off',
      at('bad.csv'),
      '--out',
      at('unused'),
    ])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toBe(
      `pushforward: ${at('bad.csv')}:3: column "b" has "oops", not a number. Correct the cell or remove the row.\n`,
    )
    expect(await readdir(folder)).not.toContain('unused')
  })

  test('--rows is refused for a file', async () => {
    const { code, stderr } = await pushforward(['train', '--plots', 'off', at('bad.csv'), '--rows', '5'])
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/--rows is for generators \(jang, moons, .*\); a file is read whole\./),
    ])
  })
})

describe('sample', () => {
  test('writes CSV under the training columns, the same for the same seed', async () => {
    const [first, again, longer] = await Promise.all(
      [['5'], ['5', '--threads', '0'], ['7']].map((rows) =>
        pushforward(['sample', at('geyser'), '--seed', '3', '--rows', ...rows]),
      ),
    )
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(parseCsv(first.stdout).columns).toEqual(['eruptions', 'waiting'])
    expect(parseCsv(first.stdout).rows).toHaveLength(5)
    expect(again.stdout).toBe(first.stdout)
    expect(longer.stdout.startsWith(first.stdout)).toBe(true)
  })

  test('gives the rows of the model, to the last bit', async () => {
    const { stdout } = await pushforward(['sample', at('jang', 'model.safetensors'), '--temperature', '0.5'])
    const expected = (await loadFlow(at('jang'))).sample(1000, { temperature: 0.5 })
    expect(parseCsv(stdout).rows.flat()).toEqual([...expected.data])
  })

  test('ends quietly when its reader has seen enough', async () => {
    const { code, stderr } = await pushforward(['sample', at('jang'), '--rows', '100000000'], {
      onStart: ({ stdout }) => stdout?.once('data', () => stdout.destroy()),
    })
    expect([code, stderr]).toEqual([0, ''])
  })

  test('refuses a model that was cut off, and names it', async () => {
    const whole = await readFile(at('jang', 'model.safetensors'))
    await writeFile(at('cut.safetensors'), whole.subarray(0, -1))
    const { code, stdout, stderr } = await pushforward(['sample', at('cut.safetensors')])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^pushforward: .*cut\.safetensors: Not a valid safetensors file: [^\n]*\n$/)
  })
})

describe('score', () => {
  const expected = async () => (await loadFlow(at('geyser'))).logProb(minutes)
  const scores = ({ stdout }: { stdout: string }) => Float32Array.from(parseCsv(stdout).rows, (row) => row[2])

  test('writes the input columns and log_prob, to the last bit', async () => {
    const { code, stdout, stderr } = await pushforward(['score', at('geyser'), at('faithful.csv')])
    expect([code, stderr]).toEqual([0, ''])
    expect(parseCsv(stdout).columns).toEqual(['eruptions', 'waiting', 'log_prob', 'quantile'])
    expect(parseCsv(stdout).rows.map((row) => row.slice(0, 2))).toEqual(minutes)
    expect(scores({ stdout })).toEqual(await expected())
    // Nine digits tell any two float32 apart; their float64 expansion would have sixteen.
    expect(stdout).not.toMatch(/-[\d.]{12,},/)
  })

  test('finds columns by name in any order, and leaves others out', async () => {
    const input = `waiting,place,eruptions\n${minutes.map(([e, w]) => `${w},here,${e}`).join('\n')}\n`
    const outcome = await pushforward(['score', at('geyser'), '-'], { input })
    expect(outcome.stderr).toBe('Left out, as the model does not have them: place.\n')
    expect(parseCsv(outcome.stdout).columns).toEqual(['waiting', 'eruptions', 'log_prob', 'quantile'])
    expect(scores(outcome)).toEqual(await expected())
  })

  test('finds what is wrong with a file before it writes anything, and says what it leaves out once', async () => {
    const lines = Array.from({ length: 70_000 }, (_, i) => `${50 + (i % 40)},here,${2 + (i % 3)}`)
    await writeFile(at('long.csv'), `waiting,place,eruptions\n${lines.join('\n')}\n`)
    const whole = await pushforward(['score', at('geyser'), at('long.csv')])
    expect([whole.code, whole.stderr]).toEqual([0, 'Left out, as the model does not have them: place.\n'])
    expect(whole.stdout.split('\n')).toHaveLength(70_002)
    await appendFile(at('long.csv'), '50,here,soon\n')
    const { code, stdout, stderr } = await pushforward(['score', at('geyser'), at('long.csv')])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('long.csv:70002: column "eruptions" has "soon"')
  })

  test('gives the densities a name of their own where a column has theirs', async () => {
    const rows = minutes.map((row) => row.join(',')).join('\n')
    await writeFile(at('taken.csv'), `log_prob,waiting\n${rows}\n`)
    await pushforward(['train', at('taken.csv'), '--steps', '2', '--plots', 'off', '--out', at('taken')])
    const { stdout } = await pushforward(['score', at('taken'), at('taken.csv'), '--json'])
    const [first] = stdout.split('\n')
    expect(Object.keys(JSON.parse(first))).toEqual(['log_prob', 'waiting', 'log_prob_2', 'quantile'])
    expect(JSON.parse(first)).toMatchObject({ log_prob: minutes[0][0], waiting: minutes[0][1] })
  })

  test('takes columns without names in the order of training', async () => {
    const input = minutes.map((row) => row.join(',')).join('\n')
    const outcome = await pushforward(['score', at('geyser'), '-'], { input })
    expect(parseCsv(outcome.stdout).columns).toEqual(['eruptions', 'waiting', 'log_prob', 'quantile'])
    expect(scores(outcome)).toEqual(await expected())
  })

  test('a single row can be scored', async () => {
    const outcome = await pushforward(['score', at('geyser'), '-'], {
      input: `eruptions,waiting\n${minutes[0].join()}\n`,
    })
    expect(scores(outcome)).toEqual((await expected()).slice(0, 1))
  })

  test('a row beyond all bounds has log_prob −Infinity', async () => {
    const { stdout } = await pushforward(['score', at('geyser'), '-'], { input: 'eruptions,waiting\n1e300,50\n2,50\n' })
    expect(stdout).toContain('\n1e+300,50,-Infinity,0\n2,50,-')
  })

  test('scores a generator', async () => {
    const { code, stdout } = await pushforward(['score', at('jang'), 'jang', '--rows', '7', '--seed', '2'])
    expect([code, parseCsv(stdout).rows.length]).toEqual([0, 7])
  })

  test.each([
    [
      'eruptions,wait\n1,2\n',
      /standard input:1: no column is named "waiting"\. Did you mean|no column is named "waiting"/,
    ],
    ['1,2,3\n4,5,6\n', /Standard input has 3 columns without names, but the model has 2 \(eruptions, waiting\)\./],
    ['1\n4\n', /Standard input has 1 column without names, but the model has 2 \(eruptions, waiting\)\./],
    ['eruptions,waiting\n1,2\n3,\n', /standard input:3: column "waiting" is empty\./],
    ['eruptions,waiting\n', /standard input: no rows of numbers, where at least 1/],
  ])('%j exits with 2, one line of cause and way out', async (input, message) => {
    const { code, stdout, stderr } = await pushforward(['score', at('geyser'), '-'], { input })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^pushforward: [^\n]*\n$/)
    expect(stderr).toMatch(message)
  })

  test('refuses a generator that has other columns', async () => {
    const { code, stderr } = await pushforward(['score', at('geyser'), 'jang'])
    expect([code, stderr]).toEqual([
      2,
      'pushforward: jang has the columns x1, x2, but the model has eruptions, waiting.\n',
    ])
  })
})
