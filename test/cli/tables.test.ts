import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCsv, pushforward } from './run.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-tables-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const at = (name: string) => join(folder, name)
const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tables/${name}`, import.meta.url))
const BRIEF = ['--flow', 'nsf', '--layers', '1', '--hidden', '4', '--steps', '2', '--plots', 'off', '--threads', '0']

describe('how a table is read', () => {
  test('train, its config and score agree on what the options say', async () => {
    const rows = [1.5, 2.25, -3, 4, 5.5, 6, 0.25, 8].map((x, i) => `${String(x).replace('.', ',')}:${i}`)
    await writeFile(at('a.txt'), `junk\n% note\n${rows.join('\n')}\n`)
    const options = ['--skip-rows', '1', '--comment', '%', '--delimiter', ':', '--decimal', ',', '--header', '"x, m",y']
    const trained = await pushforward(['train', at('a.txt'), ...options, ...BRIEF, '--out', at('run')])
    expect([trained.code, trained.stderr]).toEqual([
      0,
      expect.stringContaining('a.txt: 1 comment line left out, decimal commas.\n'),
    ])
    const config = JSON.parse(await readFile(join(at('run'), 'config.json'), 'utf8'))
    expect(config).toMatchObject({ header: ['x, m', 'y'], 'skip-rows': 1, comment: '%', delimiter: ':', decimal: ',' })
    const again = await pushforward(['train', '--config', join(at('run'), 'config.json'), '--out', at('again')])
    expect(again.code).toBe(0)
    const model = (run: string) => readFile(join(at(run), 'model.safetensors'))
    expect((await model('again')).equals(await model('run'))).toBe(true)
    const scored = await pushforward(['score', at('run'), at('a.txt'), ...options])
    expect(scored.stdout.split('\n').slice(0, 2)).toEqual([
      '"x, m",y,log_prob,quantile',
      expect.stringMatching(/^1\.5,0,-/),
    ])
  })

  test('score reads what train has read from another format, and from standard input', async () => {
    const trained = await pushforward([
      'train',
      fixture('points-zstd.parquet'),
      '--columns',
      'x,y',
      ...BRIEF,
      '--out',
      at('parquet'),
    ])
    expect(trained.code).toBe(0)
    const outputs = await Promise.all([
      pushforward(['score', at('parquet'), fixture('points.csv')]),
      pushforward(['score', at('parquet'), fixture('points.npz')]),
      pushforward(['score', at('parquet'), '-'], { input: await readFile(fixture('points.jsonl'), 'utf8') }),
    ])
    const [first] = outputs
    expect(parseCsv(first.stdout).rows.length).toBe(60)
    for (const { code, stdout } of outputs) expect([code, stdout]).toEqual([0, first.stdout])
  })

  test.each([
    [['train', 'jang', '--delimiter', ';'], '--delimiter is for files; jang is a generator.'],
    [['train', 'a.csv', '--delimiter', ';;'], '--delimiter is ";;"; expected one character, no digit or quote.'],
    [['train', 'a.csv', '--decimal', ';'], '--decimal is ";"; expected ., ,.'],
    [
      ['train', 'a.csv', '--header', 'a,,b'],
      '--header is "a,,b"; expected yes, no, or names between commas, such as x,y.',
    ],
    [['train', 'a.csv', '--skip-rows=-1'], '--skip-rows is "-1"; expected an integer ≥ 0.'],
    [
      ['train', 'a.csv', '--columns', '"a,b'],
      `--columns is "\\"a,b"; expected names between commas, such as x,y or '"a,b",c'.`,
    ],
  ])('%j is refused', async (args, message) => {
    await writeFile(at('a.csv'), '1,2\n3,4\n')
    const { code, stderr } = await pushforward(args, { cwd: folder })
    expect([code, stderr]).toEqual([2, `pushforward: ${message}\n`])
  })

  test('a constant column is left out, and refused before anything is said to begin where it is to be modelled', async () => {
    await writeFile(at('constant.csv'), 'a,b\n1,2\n1,3\n1,4\n1,5\n')
    const dry = await pushforward(['train', at('constant.csv'), '--dry-run'])
    expect([dry.code, dry.stderr]).toEqual([0, expect.stringMatching(/a +left out .*the same number in every row/)])
    const args = ['train', at('constant.csv'), '--column', 'a:continuous', ...BRIEF]
    const { code, stderr } = await pushforward(args)
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^Columns of [^\n]*\n( {2}[^\n]*\n){3}pushforward: Column "a" is constant \(1 in every row\), so it has no density: leave it out\.\n$/,
    )
  })
})
