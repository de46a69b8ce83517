import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadModel } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomStream } from '#random/stream.js'
import { pushforward } from './run.js'

let folder: string
const at = (...parts: string[]) => join(folder, ...parts)
const cli = (args: string, input?: string) => pushforward(args.split(' '), { cwd: folder, input })
const read = (...parts: string[]) => readFile(at(...parts), 'utf8')
const BRIEF = '--flow nsf --layers 2 --hidden 16 --batch 64 --plots off'
const table = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','))

const ROWS = 240
const stream = randomStream(5, 2, 0)
/** A number, a name and a date that hang together, each missing in a fifth of the rows, and a group, missing in a tenth. */
const lines = Array.from({ length: ROWS }, (_, i) => {
  const x = stream.normal()
  const side = x + stream.normal() > 0 ? 'left' : 'right'
  const day = new Date(Date.UTC(2020, 0, 60 + Math.round(20 * x + 10 * stream.normal()))).toISOString().slice(0, 10)
  const gone = (share: number) => stream.uniform() < share
  const group = ['a', 'b', 'c'][i % 3]
  return [gone(0.2) ? '' : x.toFixed(6), gone(0.2) ? 'NA' : side, gone(0.2) ? '' : day, gone(0.1) ? '' : group].join(
    ',',
  )
})
const csv = `x,side,day,group\n${lines.join('\n')}\n`
const gaps = (rows: readonly string[][], j: number) => rows.filter((row) => row[j] === '' || row[j] === 'NA').length

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-missing-'))
  await writeFile(at('gaps.csv'), csv)
  const { code, stderr } = await cli(`train gaps.csv --missing model --given group --steps 600 ${BRIEF} --out gaps`)
  expect(code, stderr).toBe(0)
  await writeFile(at('told.txt'), stderr)
}, 60_000)
afterAll(() => rm(folder, { recursive: true }))

describe('train --missing model', () => {
  test('keeps all rows, says what becomes of missing cells, and names the columns that say which are', async () => {
    const told = await read('told.txt')
    expect(told).toMatch(/\n {2}side +category of 2 .* spread over its 2 places; modelled which are missing\n/)
    expect(told).toMatch(/\n {2}group +given, category .*; missing as [abc], and 0 or 1\n/)
    expect(told).toContain(
      `Training on ${ROWS} rows of gaps (x, side, day, x missing, side missing, day missing | group=b`,
    )
    expect((await cli('show gaps')).stdout).toMatch(/\n {2}x +continuous; modelled which are missing\n/)
    const { units } = JSON.parse(await read('gaps', 'evaluation.json'))
    expect(units).toMatch(/Where cells are missing the figures are of values that were drawn for them/)
  })

  test('is repeated to the byte by config.json, on other threads too', async () => {
    const { code, stderr } = await cli('train --config gaps/config.json --threads 2 --out again')
    expect(code, stderr).toBe(0)
    for (const file of ['model.safetensors', 'samples.csv'])
      expect((await read('again', file)) === (await read('gaps', file)), file).toBe(true)
  })

  test('is not for generators, nor beside --drop-missing or --from', async () => {
    for (const [args, message] of [
      ['moons --missing model', /--missing is for files; moons is a generator/],
      ['gaps.csv --missing model --drop-missing', /--missing model keeps rows .* give one of them/],
      ['gaps.csv --missing model --from gaps', /--missing cannot be with --from: the model says what its columns are/],
      ['gaps.csv --missing modl', /--missing is "modl"; expected model/],
    ] as const) {
      const { code, stderr } = await cli(`train ${args} --out unused`)
      expect(code).toBe(2)
      expect(stderr).toMatch(message)
    }
  })

  test('trains nothing for --dry-run', async () => {
    const { code, stdout } = await cli('train gaps.csv --missing model --steps 5 --flow nsf --dry-run --json')
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ rows: ROWS, columns: expect.any(Array) })])
  })
})

describe('a model that knows missing cells', () => {
  test('draws rows with gaps in the shares of the file, and cells as they are there', async () => {
    await writeFile(at('groups.csv'), `group\n${'a\nb\nc\n'.repeat(700)}`)
    const { code, stdout } = await cli('sample gaps --given-rows groups.csv')
    expect(code).toBe(0)
    const [names, ...rows] = table(stdout)
    expect(names).toEqual(['x', 'side', 'day', 'group'])
    for (const j of [0, 1, 2]) {
      // Three standard errors of a share of 240 rows.
      expect(Math.abs(gaps(rows, j) / rows.length - gaps(table(csv).slice(1), j) / ROWS)).toBeLessThan(0.078)
    }
    for (const [x, side, day] of rows) {
      expect(x).toMatch(/^(-?\d+(\.\d+)?|)$/)
      expect(['left', 'right', '']).toContain(side)
      expect(day).toMatch(/^(20(19|20)-\d\d-\d\d|)$/)
    }
  })

  test.each(['', 'NA'])('draws rows that are given a missing cell: --given group=%s', async (cell) => {
    const { code, stdout, stderr } = await cli(`sample gaps --given group=${cell} --rows 20`)
    expect([code, stderr]).toEqual([0, ''])
    await writeFile(at('no-group.csv'), `group\n${'NA\n'.repeat(20)}`)
    expect(stdout).toBe((await cli('sample gaps --given-rows no-group.csv')).stdout)
    expect(
      table(stdout)
        .slice(1)
        .every((row) => row[3] === ''),
    ).toBe(true)
  })

  test('scores rows with gaps: what is there is as likely as its completions together', async () => {
    const sides = ['left', 'right'].map((side) => `0.5,${side},2020-03-05,a`)
    const [, ...scores] = table(
      (await cli('score gaps -', `x,side,day,group\n0.5,,2020-03-05,a\n${sides.join('\n')}\n`)).stdout,
    )
    const [gone, ...there] = scores.map((row) => Number(row[4]))
    const model = await loadModel(at('gaps'))
    expect(model.data.table?.columns[1].missing).toBe(true)
    // p(x, day, side missing) against p(x, day, side there): near the share of the file that is missing, a fourth of the other.
    const shares = Math.exp(gone - Math.log(there.reduce((sum, value) => sum + Math.exp(value), 0)))
    expect(shares).toBeGreaterThan(0.08)
    expect(shares).toBeLessThan(0.7)
  })

  test('scores the file whole, by quantiles and the worst, and leaves rows out where it is told to', async () => {
    const head = csv.split('\n').slice(0, 91)
    await writeFile(at('head.csv'), head.join('\n'))
    const { code, stdout, stderr } = await cli('score gaps head.csv --threads 2')
    expect([code, stderr]).toEqual([0, ''])
    const rows = table(stdout).slice(1)
    expect(rows).toHaveLength(90)
    expect(rows.every((row) => row[4] !== '' && Number.isFinite(Number(row[4])))).toBe(true)
    await writeFile(at('first.csv'), head.slice(0, 21).join('\n'))
    const first = (await cli('score gaps first.csv --threads 0')).stdout
    expect(stdout.startsWith(first)).toBe(true)
    const whole = table(head.join('\n'))
      .slice(1)
      .filter((row) => !row.some((cell) => cell === '' || cell === 'NA')).length
    const dropped = await cli('score gaps head.csv --drop-missing')
    expect(table(dropped.stdout)).toHaveLength(1 + whole)
    const [names, ...worst] = table((await cli('score gaps head.csv --worst 5')).stdout)
    const strange = names.indexOf('strange_column')
    for (const row of worst) {
      expect(['x', 'side', 'day']).toContain(row[strange])
      expect(row[1 + ['x', 'side', 'day'].indexOf(row[strange])]).not.toBe('')
    }
  })

  test('predicts a cell as if it were there, and leaves rows out that lack another', async () => {
    const input = 'x,side,day,group\n,left,2020-03-05,a\n0.5,left,2020-03-05,\n0.5,,2020-03-05,a\n'
    const { code, stdout, stderr } = await cli('predict gaps - --of x', input)
    expect([code, stderr]).toEqual([0, expect.stringContaining('Left out: 1 of 3 rows, with a cell that is missing.')])
    const [names, ...rows] = table(stdout)
    expect(rows.map((row) => row[names.indexOf('x_mean')] !== '')).toEqual([true, true])
    expect(rows.map((row) => row[names.indexOf('x_log_prob')] !== '')).toEqual([false, true])
  })

  test('is trained on with rows that have gaps, which it draws itself', async () => {
    const { code, stderr } = await cli('train gaps.csv --from gaps --steps 5 --plots off --out on')
    expect([code, stderr]).toEqual([0, expect.stringContaining(`Training on ${ROWS} rows`)])
  })
})
