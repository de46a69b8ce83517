import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Flow, loadModel } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomStream } from '#random/stream.js'
import { pushforward } from './run.js'

let folder: string
const at = (...parts: string[]) => join(folder, ...parts)
const cli = (args: string, input?: string) => pushforward(args.split(' '), { cwd: folder, input })
const train = (args: string) => cli(`train ${args} --plots off`)
const read = (...parts: string[]) => readFile(at(...parts), 'utf8')

const ROWS = 300
const SPECIES = ['Adelie', 'Chinstrap', 'Gentoo']
const stream = randomStream(11, 2, 0)
/** As much as in the wild: names, whole numbers by 25, decimals, dates, months, two values, a long tail with zeros, a count of rows. */
const table = Array.from({ length: ROWS }, (_, i) => {
  const species = stream.integer(3)
  const day = new Date(Date.UTC(2007, 10, 11) + 86_400_000 * stream.integer(700)).toISOString().slice(0, 10)
  const rain = i % 3 === 0 ? 0 : Math.exp(2 + 1.5 * stream.normal())
  return {
    id: i + 1,
    species: SPECIES[species],
    length: (38 + 5 * species + 3 * stream.normal()).toFixed(1),
    mass: 25 * Math.round((3700 + 500 * species + 300 * stream.normal()) / 25),
    month: 1 + stream.integer(12),
    male: stream.integer(2),
    date: day,
    rain: rain.toPrecision(9),
    angle: (((350 + 40 * stream.normal()) % 360) + 360) % 360,
    noted: `nest ${i}`,
  }
})
type Row = (typeof table)[number]
const csv = (rows: readonly Partial<Record<keyof Row, unknown>>[]) =>
  `${Object.keys(rows[0]).join(',')}\n${rows.map((row) => Object.values(row).join(',')).join('\n')}\n`
const cells = (text: string) => {
  const [header, ...lines] = text.trimEnd().split('\n')
  const names = header.split(',')
  return { names, rows: lines.map((line) => Object.fromEntries(line.split(',').map((cell, j) => [names[j], cell]))) }
}
const MODELLED = ['species', 'length', 'mass', 'month', 'male', 'date', 'rain', 'angle']

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-columns-'))
  await writeFile(at('birds.csv'), csv(table))
  for (const args of [
    'birds.csv --steps 60 --column angle:circular --out birds',
    'birds.csv --steps 30 --columns length,mass,date --given species --out given',
  ]) {
    const { code, stderr } = await train(args)
    expect(code, stderr).toBe(0)
    if (args.endsWith('birds')) await writeFile(at('told.txt'), stderr)
  }
}, 60_000)
afterAll(() => rm(folder, { recursive: true }))

describe('train', () => {
  test('tells in a table what its columns were taken for, and leaves out what names rows', async () => {
    const told = await read('told.txt')
    for (const line of [
      /\n {2}id +left out +1 … 300 +counts the rows\n/,
      /\n {2}species +category +Adelie, Chinstrap, Gentoo +spread over its 3 places\n/,
      /\n {2}length +rounded +\S+ … \S+ +spread over steps of 0\.1\n/,
      /\n {2}mass +integer +\d+ … \d+ +spread over steps of 25\n/,
      /\n {2}month +integer +1 … 12 +spread over steps of 1, nothing beyond\n/,
      /\n {2}date +date +2007-11-\d\d … 2009-10-\d\d +spread over steps of a day\n/,
      /\n {2}rain +positive +0 … \S+ +logarithm; zeros below \S+\n/,
      /\n {2}angle +circular +\S+ … \S+ +cut at \S+, period 360\n/,
      /\n {2}noted +left out +300 texts +another text in every row\n/,
    ]) {
      expect(told).toMatch(line)
    }
  })

  test('is repeated to the byte by config.json, which has all kinds, on other threads too', async () => {
    const { column } = JSON.parse(await read('birds', 'config.json'))
    expect(column).toBe(
      'id:drop,species:category,length:rounded,mass:integer,month:integer,male:integer,date:date,rain:positive,angle:circular(360),noted:drop',
    )
    const { code, stderr } = await train('--config birds/config.json --threads 3 --out again')
    expect(code, stderr).toBe(0)
    for (const file of ['model.safetensors', 'samples.csv', 'config.json']) {
      const repeated = (await read('again', file)).replace('"threads": 3', '"threads": "auto"')
      expect(repeated === (await read('birds', file)), file).toBe(true)
    }
  })

  test('takes every column for plain numbers where it is told so', async () => {
    const { code, stderr } = await train('birds.csv --columns month,male,mass --column all:plain --steps 5 --out plain')
    expect([code, stderr]).toEqual([0, expect.stringContaining('Warning: few different values')])
    expect(stderr).toMatch(/\n {2}month +continuous +1 … 12 +as it is\n/)
    expect((await loadModel(at('plain'))).data.table).toBeUndefined()
  })

  test('drops what it is told to, and takes kinds several times or between commas', async () => {
    const args = 'birds.csv --drop species,date,noted --column mass:positive --column month:continuous,male:category'
    const { code, stderr } = await train(`${args} --steps 3 --out asked`)
    expect(code, stderr).toBe(0)
    const { table: codec } = (await loadModel(at('asked'))).data
    expect(codec?.columns.map(({ name, kind }) => `${name}:${kind.kind}`)).toEqual([
      ...['length:rounded', 'mass:positive', 'month:continuous', 'male:category', 'rain:positive', 'angle:continuous'],
    ])
  })

  test.each([
    ['--column mas:integer', /--column: no column is named "mas". Did you mean "mass"\?/],
    ['--column mass:intger', /--column mass is "intger"; expected continuous, .* Did you mean integer\?/],
    ['--column mass', /--column is "mass"; expected NAME:KIND between commas, such as age:integer,price:positive\./],
    ['--column length:integer', /--column length:integer does not fit: not all of its numbers are whole/],
    ['--column mass:integer --drop mass', /--drop names "mass" twice\./],
    ['--given noted', /--given names "noted", which is left out \(another text in every row\)/],
    [
      '--columns id,noted',
      /birds\.csv: no column is left to model: "id" \(counts the rows\), "noted" \(another text in every row\)\./,
    ],
    ['--columns mass --drop species', /--drop: no column is named "species"/],
  ])('%s exits with 2 and leaves no folder', async (args, message) => {
    const { code, stderr } = await train(`birds.csv ${args} --out unused`)
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
    expect(await readdir(folder)).not.toContain('unused')
  })

  test('kinds are for files', async () => {
    for (const args of ['--column x1:integer', '--drop x1', '--drop-missing']) {
      const { code, stderr } = await train(`jang ${args}`)
      expect([code, stderr]).toEqual([2, expect.stringMatching(/is for files; jang is a generator\./)])
    }
  })
})

describe('missing cells', () => {
  const gaps = table.map((row, i) => ({
    ...{ length: i % 10 === 3 ? '' : row.length, mass: i === 3 || i === 9 ? 'NA' : row.mass, month: row.month },
  }))

  test('are refused with a count for each column, and the ways out', async () => {
    await writeFile(at('gaps.csv'), csv(gaps))
    const { code, stderr } = await train('gaps.csv --out unused')
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /pushforward: gaps\.csv:5: column "length" is empty, one of the cells that are missing: 30 in "length", 2 in "mass"; 31 of 300 rows have such a cell\. --drop-missing leaves those rows out, --missing model models which are missing, --drop NAMES leaves out those columns; or fill the cells in\.\n$/,
    )
  })

  test('are left out with their rows by --drop-missing, which config.json has', async () => {
    const { code, stderr } = await train('gaps.csv --drop-missing --steps 5 --out gaps')
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('Left out: 31 of 300 rows, with a cell that is missing.'),
    ])
    expect(stderr).toContain('Training on 269 rows of gaps')
    expect((await train('--config gaps/config.json --out gaps-again')).code).toBe(0)
    const scored = await cli('score gaps gaps.csv')
    expect([scored.code, scored.stderr]).toEqual([2, expect.stringContaining('gaps.csv:5: column "length" is empty.')])
    expect(cells((await cli('score gaps gaps.csv --drop-missing')).stdout).rows).toHaveLength(269)
  })

  test('do not matter in a column that is left out', async () => {
    const { code, stderr } = await train('gaps.csv --drop length,mass --column month:integer --steps 2 --out one')
    expect(code, stderr).toBe(0)
  })
})

/** Whether a row could be one of the file, as it is written. */
function fits(row: Readonly<Record<string, string>>): string[] {
  const numbers = (name: 'mass' | 'month' | 'length') => table.map((known) => Number(known[name]))
  const within = (name: 'mass' | 'month' | 'length') =>
    Number(row[name]) >= Math.min(...numbers(name)) && Number(row[name]) <= Math.max(...numbers(name))
  const dates = table.map(({ date }) => date).sort()
  const checks: Readonly<Record<string, boolean>> = {
    species: SPECIES.includes(row.species),
    length: /^\d\d(\.\d)?$/.test(row.length) && within('length'),
    mass: Number(row.mass) % 25 === 0 && within('mass'),
    month: /^\d+$/.test(row.month) && within('month'),
    male: row.male === '0' || row.male === '1',
    date: /^\d{4}-\d\d-\d\d$/.test(row.date) && row.date >= dates[0] && row.date <= (dates.at(-1) as string),
    rain: Number(row.rain) >= 0,
    angle: Number(row.angle) >= 0 && Number(row.angle) < 360,
  }
  return Object.keys(row).filter((name) => !checks[name])
}

describe('samples', () => {
  test('have the columns of the file, with its types, ranges and decimals, none out of range', async () => {
    const { stdout } = await cli('sample birds --rows 2000')
    for (const text of [await read('birds', 'samples.csv'), stdout]) {
      const { names, rows } = cells(text)
      expect(names).toEqual(MODELLED)
      expect(rows.flatMap(fits)).toEqual([])
    }
    const { rows } = cells(stdout)
    const share = (name: string, value: string) => rows.filter((row) => row[name] === value).length / rows.length
    // A third of the rows, in 60 steps of training.
    expect(Math.abs(share('rain', '0') - 1 / 3)).toBeLessThan(0.12)
    for (const species of SPECIES) expect(Math.abs(share('species', species) - 1 / 3)).toBeLessThan(0.15)
  })

  test('as JSON are numbers and texts', async () => {
    const { stdout } = await cli('sample birds --rows 3 --json')
    const [row] = stdout.split('\n').map((line) => line && JSON.parse(line))
    expect(Object.keys(row)).toEqual(MODELLED)
    expect(row).toMatchObject({ species: expect.any(String), mass: expect.any(Number), date: expect.any(String) })
  })

  test('are given texts, on the command line and from a file', async () => {
    const { stdout } = await cli('sample given --given species=Gentoo --rows 50')
    const { names, rows } = cells(stdout)
    expect(names).toEqual(['length', 'mass', 'date', 'species'])
    expect(new Set(rows.map(({ species }) => species))).toEqual(new Set(['Gentoo']))
    await writeFile(at('wanted.csv'), 'species,nr\nGentoo,1\nAdelie,2\n')
    const each = await cli('sample given --given-rows wanted.csv')
    expect(cells(each.stdout).rows.map(({ species }) => species)).toEqual(['Gentoo', 'Adelie'])
    expect(((await loadModel(at('given'))) as Flow).data.columns).toEqual([
      ...['length', 'mass', 'date', 'species=Chinstrap', 'species=Gentoo'],
    ])
  })

  test.each([
    [
      '--given species=Emperor',
      '--given: column "species" has "Emperor", which the model does not know; it knows "Adelie", "Chinstrap", "Gentoo".',
    ],
    ['--given-rows unknown.csv', 'unknown.csv:3: column "species" has "Emperor", which the model does not know'],
    ['--given-rows empty.csv', 'empty.csv:3: column "species" is empty.'],
  ])('are refused %s', async (args, message) => {
    await writeFile(at('unknown.csv'), 'species\nGentoo\nEmperor\n')
    await writeFile(at('empty.csv'), 'species,b\nGentoo,1\n,1\n')
    const { code, stdout, stderr } = await cli(`sample given ${args}`)
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)])
  })
})

describe('score', () => {
  test('takes the raw file, in any order of columns, and writes it with log_prob', async () => {
    const { code, stdout, stderr } = await cli('score birds birds.csv')
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^Left out, as the model does not have them: id, noted.\nQuant/),
    ])
    const { names, rows } = cells(stdout)
    expect(names).toEqual([...MODELLED, 'log_prob', 'quantile'])
    for (const [i, { log_prob, quantile, ...row }] of rows.entries()) {
      const expected = Object.fromEntries(
        MODELLED.map((name) => [name, String(Number(table[i][name as keyof Row]) || table[i][name as keyof Row])]),
      )
      expect({ ...row, rain: String(Number(row.rain)) }).toEqual({ ...expected, rain: String(Number(table[i].rain)) })
      expect(Number(log_prob)).toBeLessThan(0)
      expect(Number(quantile)).toBeLessThanOrEqual(1)
    }
    const turned = table.map(({ id, noted, ...row }) => Object.fromEntries(Object.entries(row).reverse()))
    const again = cells((await cli('score birds -', csv(turned as never))).stdout)
    expect(again.names.slice(0, -2)).toEqual(MODELLED.toReversed())
    expect(again.rows.map(({ log_prob }) => log_prob)).toEqual(rows.map(({ log_prob }) => log_prob))
  })

  test('gives the same to equal rows wherever they stand', async () => {
    const input = csv([table[4], table[7], table[4]])
    const scores = cells((await cli('score birds -', input)).stdout).rows.map(({ log_prob }) => log_prob)
    expect(scores[0]).toBe(scores[2])
    expect(scores[0]).not.toBe(scores[1])
  })

  test('gives −Infinity to what cannot be: a month 13, half a month', async () => {
    const input = csv([table[0], { ...table[0], month: 13 }, { ...table[0], month: 2.5 }])
    const scores = cells((await cli('score birds -', input)).stdout).rows.map(({ log_prob }) => log_prob)
    expect(scores.slice(1)).toEqual(['-Infinity', '-Infinity'])
    expect(Number(scores[0])).toBeGreaterThan(-100)
  })

  test.each([
    [{ species: 'Emperor' }, /standard input:3: column "species" has "Emperor", which the model does not know/],
    [{ mass: 'heavy' }, /standard input:3: column "mass" has "heavy", where the model knows numbers\./],
    [
      { date: '11.11.2007' },
      /standard input:3: column "date" has "11\.11\.2007", where the model knows dates such as 2007-11-\d\d\./,
    ],
  ])('refuses %j', async (change, message) => {
    const { code, stdout, stderr } = await cli('score birds -', csv([table[0], { ...table[1], ...change }]))
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
  })
})

test('show lists kinds', async () => {
  const { stdout } = await cli('show birds')
  expect(stdout).toMatch(/\n {2}species {2}category \(Adelie, Chinstrap, Gentoo\), mass\n/)
  expect(stdout).toMatch(/\n {2}mass {5}integer \d+ … \d+ by 25, mass\n/)
  expect(stdout).toMatch(/\n {2}rain {5}positive, mass at 0\n/)
  expect(JSON.parse((await cli('show birds --json')).stdout).table.columns).toHaveLength(8)
})
