import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadModel, saveFlow, scoreQuantile, scoreRecord } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readTypedTable } from '#columns/read-typed-table.js'
import { readTable } from '#data/read-table.js'
import { randomStream } from '#random/stream.js'
import { parseCsv, pushforward, type RunOptions } from './run.js'

let folder: string
const cli = (args: string, options: RunOptions = {}) => pushforward(args.split(' '), { cwd: folder, ...options })
const at = (name: string) => join(folder, name)

async function numbersOf(name: string): Promise<number[][]> {
  const { points, columns } = await readTable(at(name))
  const values = [...points.blocks(1e6)].flatMap((block) => [...block])
  points.close()
  return Array.from({ length: values.length / columns.length }, (_, i) =>
    values.slice(i * columns.length, (i + 1) * columns.length),
  )
}

async function cellsOf(name: string): Promise<(string | null)[][]> {
  const { points, columns, rows } = await readTypedTable(at(name))
  const [block] = points.blocks(rows)
  const cells = Array.from({ length: rows }, (_, i) =>
    columns.map((column, j) => column.textOf(block[i * columns.length + j], i)),
  )
  points.close()
  return cells
}

// y = 10 + 3x + a normal, n whole, k by name, d a day.
const stream = randomStream(5, 2, 0)
const table = Array.from({ length: 700 }, () => {
  const x = stream.normal()
  const [y, n] = [10 + 3 * x + stream.normal(), Math.round(20 + 5 * x + 3 * stream.normal())]
  const day = new Date(Date.UTC(2024, 0, 1) + 86_400_000 * Math.floor(300 * stream.uniform())).toISOString()
  return [x, y, n, stream.uniform() < 0.5 ? 'a' : 'b', day.slice(0, 10)].join(',')
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-output-'))
  await writeFile(at('rows.csv'), `x,y,n,k,d\n${table.join('\n')}\n`)
  await writeFile(at('plain.csv'), `x,y\n${table.map((row) => row.split(',').slice(0, 2)).join('\n')}\n`)
  const common = '--flow tutorial --threads 1 --plots off'
  for (const args of [
    `rows.csv ${common} --steps 60 --test 0.2 --validation 0.1 --out typed`,
    `plain.csv ${common} --column all:plain --validation 0 --steps 5 --out plain`,
    `plain.csv ${common} --column all:plain --validation 0 --steps 5 --out again`,
  ]) {
    const { code, stderr } = await cli(`train ${args}`)
    expect(code, stderr).toBe(0)
  }
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('--out', () => {
  test.each(['csv', 'tsv.gz', 'jsonl', 'parquet', 'npy'])(
    'writes a sample as .%s, every number as on standard output',
    async (ending) => {
      const { code, stdout, stderr } = await cli(`sample plain --rows 300 --seed 2 --out s.${ending}`)
      expect([code, stdout, stderr]).toEqual([0, '', `300 rows in s.${ending}.\n`])
      const piped = parseCsv((await cli('sample plain --rows 300 --seed 2')).stdout)
      expect(await numbersOf(`s.${ending}`)).toEqual(piped.rows)
    },
  )

  test('writes columns as they are, and a model scores what it has written', async () => {
    await cli('sample typed --rows 50 --out drawn.parquet')
    await cli('sample typed --rows 50 --out drawn.csv')
    const days = (await cellsOf('drawn.csv')).map(([x, y, n, k, d]) => [x, y, n, k, `${d}T00:00:00.000Z`])
    expect(await cellsOf('drawn.parquet')).toEqual(days)
    const scores = await Promise.all(['drawn.csv', 'drawn.parquet'].map((name) => cli(`score typed ${name}`)))
    expect(scores[1].stdout).toBe(scores[0].stdout)
    expect(parseCsv(scores[0].stdout).columns).toEqual(['x', 'y', 'n', 'k', 'd', 'log_prob', 'quantile'])
  })

  test('writes scores and predictions, a missing value as null', async () => {
    const input = 'x,y,n,k,d\n0,10,20,a,2024-03-01\n1,,20,b,2024-03-02\n'
    const { code, stderr } = await cli('predict typed - --of y --out p.parquet', { input })
    expect([code, stderr]).toEqual([0, '2 rows in p.parquet.\n'])
    const [one, two] = await cellsOf('p.parquet')
    expect(one).not.toContain(null)
    expect(two.map((cell, j) => (cell === null ? j : undefined)).filter((j) => j !== undefined)).toEqual([1, 12, 13])
    expect((await cli('score typed rows.csv --out s.parquet')).code).toBe(0)
    const scored = (await cli('score typed rows.csv')).stdout.trimEnd().split('\n').slice(1)
    expect((await cellsOf('s.parquet')).map(([, , n, k, , ...scores]) => [n, k, ...scores].join())).toEqual(
      scored.map((line) => line.split(',')).map(([, , n, k, , ...scores]) => [n, k, ...scores].join()),
    )
  })

  test.each([
    ['sample plain --out s.parqet', '--out s.parqet ends in .parqet, which is no format. Did you mean .parquet?'],
    ['score nowhere none.csv --out s', '--out s has no ending.'],
    ['sample plain --out no/s.csv', '--out no/s.csv: there is no folder no. Make it first.'],
    ['sample plain --out s.csv --json', '--json is for standard output; with --out the ending says it'],
    ['sample typed --out s.npy', '"k", "d" are text or dates. Write .parquet, .csv or .jsonl.'],
    ['score typed rows.csv --worst 0', '--worst is "0"; expected an integer ≥ 1.'],
  ])('%s is refused before anything is done', async (args, message) => {
    const before = await readdir(folder)
    const { code, stderr } = await cli(args)
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
    expect(await readdir(folder)).toEqual(before)
  })

  test.each(['csv', 'parquet'])('leaves nothing of a .%s at Ctrl-C, and what was there as it was', async (ending) => {
    await writeFile(at(`kept.${ending}`), 'as it was')
    const before = await readdir(folder)
    const { code, stderr } = await cli(`sample plain --rows 1e9 --threads 0 --out kept.${ending}`, {
      onStart(child) {
        const timer = setInterval(async () => {
          if (!(await readdir(folder)).some((name) => name.endsWith('.part'))) return
          clearInterval(timer)
          child.kill('SIGINT')
        }, 20)
      },
    })
    expect([code, stderr]).toEqual([130, `Stopping; kept.${ending} is not written.\n`])
    expect(await readdir(folder)).toEqual(before)
    expect(await readFile(at(`kept.${ending}`), 'utf8')).toBe('as it was')
  })
})

describe('quantile', () => {
  test('is the share of the rows held out that are as odd, test and validation alike', async () => {
    const model = await loadModel(at('typed'))
    expect(model.scores).toMatchObject({ of: 'held-out', rows: 140 + 56 })
    const { code, stdout, stderr } = await cli('score typed rows.csv')
    expect([code, stderr]).toEqual([0, ''])
    const rows = stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').slice(-2).map(Number))
    const all = rows.map(([logProb]) => Math.fround(logProb))
    // What is kept are scores of rows of the file.
    for (const score of model.scores?.scores ?? []) expect(all).toContain(score)
    expect(rows.map(([, quantile]) => quantile)).toEqual([...scoreQuantile(model, all)])
    expect((await cli('show typed')).stdout).toContain('Quantiles of scores are among those of 196 rows held out.\n')
    expect(JSON.parse((await cli('show typed --json')).stdout).scores).toEqual({ of: 'held-out', rows: 196 })
  })

  test('is among the rows trained on where none were held out, and both commands say so', async () => {
    const { stdout, stderr } = await cli('score plain plain.csv')
    expect(stderr).toBe(
      'Quantiles are among the rows trained on, as none were held out: new rows will look somewhat odder than they are.\n',
    )
    const { rows } = parseCsv(stdout)
    const upTo = (logProb: number) => rows.filter((row) => row[2] <= logProb).length
    expect(rows.map((row) => row[3])).toEqual(rows.map((row) => upTo(row[2]) / 700))
    expect((await cli('show plain')).stdout).toContain('among those of 700 rows trained on, as none were held out.\n')
  })

  test('is not told by a model without a record', async () => {
    const model = await loadModel(at('plain'))
    expect(model.scores).toEqual(scoreRecord(model.scores?.scores ?? [], 'training'))
    model.scores = undefined
    await saveFlow(model, at('old.safetensors'))
    const { code, stdout, stderr } = await cli('score old.safetensors plain.csv')
    expect([code, parseCsv(stdout).columns]).toEqual([0, ['x', 'y', 'log_prob']])
    expect(stderr).toMatch(/^There is no column quantile: .*\n$/)
  })

  test('leaves equal training with equal bytes', async () => {
    expect(await readFile(at('again/model.safetensors'))).toEqual(await readFile(at('plain/model.safetensors')))
  })
})

describe('score --worst', () => {
  const odd = ['0,10,20,a,2024-03-01', '0,80,20,a,2024-03-01', '0,10,60,b,2024-03-01', '-0.2,9,19,b,2024-05-01']

  test('gives the strangest rows first, with their numbers and the column that makes each strange', async () => {
    const input = `d,x,y,n,k\n${odd.map((row) => row.split(',')).map(([x, y, n, k, d]) => [d, x, y, n, k])}\n`
    const { code, stdout } = await cli('score typed - --worst 2', { input: input.replaceAll(/,(?=2024)/g, '\n') })
    const [header, ...lines] = stdout.trimEnd().split('\n')
    expect([code, header]).toEqual([
      0,
      'row,d,x,y,n,k,log_prob,quantile,strange_column,strange_log_prob,typical_log_prob',
    ])
    const cells = lines.map((line) => line.split(','))
    expect(cells.map(([row, , , , , , , , column]) => [row, column])).toEqual([
      ['1', 'y'],
      ['2', 'n'],
    ])
    for (const [, , , , , , , quantile, , own, typical] of cells) {
      expect(Number(quantile)).toBe(0)
      expect(Number(typical) - Number(own)).toBeGreaterThan(10)
    }
  })

  test('counts rows as they are in the file, and writes them as JSON', async () => {
    const input = `x,y,n,k,d\n,10,20,a,2024-03-01\n${odd.join('\n')}\n`
    const { stdout } = await cli('score typed - --drop-missing --worst 9 --json', { input })
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows.map(({ row }) => row).toSorted()).toEqual([1, 2, 3, 4])
    expect(rows[0]).toMatchObject({ row: 2, y: 80, strange_column: 'y' })
    const order = rows.map(({ log_prob }) => log_prob)
    expect(order).toEqual(order.toSorted((a, b) => a - b))
  })

  test('finds the same rows as sorting does', async () => {
    const all = parseCsv((await cli('score plain plain.csv')).stdout).rows.map(([, , logProb], row) => ({
      logProb,
      row,
    }))
    const expected = all.toSorted((a, b) => a.logProb - b.logProb).slice(0, 12)
    const { columns, rows } = parseCsv((await cli('score plain plain.csv --worst 12')).stdout)
    expect(columns.slice(0, 5)).toEqual(['row', 'x', 'y', 'log_prob', 'quantile'])
    expect(rows.map(([row, , , logProb]) => ({ logProb, row }))).toEqual(expected)
  })
})
