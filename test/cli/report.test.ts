import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { standardNormals } from '../fixtures/normals.js'
import { type Element, parse } from '../report/svg.js'
import { parseCsv, pushforward } from './run.js'

const NAMES = ['<script>alert(1)</script>', `"quoted" & 'x'`, '温度']

let folder: string
let page: string
let elements: Element[]
let stderr: string
const at = (...parts: string[]) => join(folder, ...parts)
const named = (name: string) => elements.filter((element) => element.name === name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-report-'))
  const quoted = NAMES.map((name) => `"${name.replaceAll('"', '""')}"`).join(',')
  await writeFile(at('points.csv'), `${quoted}\n${standardNormals(300, 3).join('\n')}\n`)
  const runs = ['hostile --plots on', 'again --plots off --seed 1'].map((rest) =>
    pushforward(
      ['train', 'points.csv', ...'--flow nsf --steps 5 --batch 64 --test 0.2 --out'.split(' '), ...rest.split(' ')],
      { cwd: folder },
    ),
  )
  const [first, second] = await Promise.all(runs)
  expect([first.code, second.code], first.stderr + second.stderr).toEqual([0, 0])
  stderr = first.stderr
  page = await readFile(at('hostile', 'report.html'), 'utf8')
  elements = parse(page)
}, 60_000)
afterAll(() => rm(folder, { recursive: true }))

describe('report.html of a run', () => {
  test('is what the last line of the terminal names, but not with --plots off', async () => {
    expect(stderr).toMatch(/\nSaved in hostile\.\nReport: hostile\/report\.html\n$/)
    await expect(readFile(at('again', 'report.html'))).rejects.toThrow(/ENOENT/)
  })

  test('is one file below 3 MB that fetches nothing', () => {
    expect(page.length).toBeLessThan(3_000_000)
    for (const { name, attributes } of elements) {
      expect(['link', 'iframe', 'object', 'embed', 'base', 'a']).not.toContain(name)
      for (const [attribute, value] of Object.entries(attributes)) {
        expect(attribute.startsWith('on'), `${name} ${attribute}`).toBe(false)
        if (['src', 'href', 'xlink:href'].includes(attribute)) expect(value).toMatch(/^(#|data:image\/png;base64,)/)
      }
    }
  })

  test('shows hostile names of columns as text', () => {
    expect(named('script')).toHaveLength(1)
    expect(named('script')[0].text).not.toContain('alert')
    expect(named('h1')[0].text).toBe(`points: p(${NAMES.join(', ')})`)
    expect(named('th').map(({ text }) => text)).toEqual(expect.arrayContaining(NAMES))
  })

  test('has unique ids, headings in order, a title for each picture, and a scope for each heading of a table', () => {
    const ids = elements.flatMap(({ attributes }) => attributes.id ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    const headings = elements.filter(({ name }) => /^h\d$/.test(name)).map(({ name }) => name)
    expect(headings).toEqual(['h1', ...headings.slice(1).map(() => 'h2')])
    expect(named('h2').map(({ text }) => text)).toEqual([
      'What was trained on what',
      'Figures',
      'Learning curves',
      'Data against samples',
      'Whether rows may come from the model',
      'What every layer does',
      'From noise to data',
      'The strangest rows',
      'Settings, and how to repeat it',
    ])
    const pictures = named('svg').filter(({ attributes }) => attributes.role === 'img')
    expect(pictures.length).toBe(named('figure').length)
    expect(named('title')).toHaveLength(1 + pictures.length)
    for (const { attributes } of named('th')) expect(attributes.scope).toMatch(/^(row|col)$/)
  })

  test('begins with the verdict and ends with the command that repeats the run', async () => {
    const { verdict } = JSON.parse(await readFile(at('hostile', 'evaluation.json'), 'utf8'))
    expect(named('p')[0].text).toContain(verdict)
    expect(named('code')[0].text).toBe('pushforward train --config hostile/config.json --out runs/again')
    // It is sent on: nobody needs to know where the file lay.
    expect(page).toContain('points.csv')
    expect(page).not.toContain(folder)
  })

  test('lists the ten test rows of lowest density, as score has them', async () => {
    const { strangest } = JSON.parse(await readFile(at('hostile', 'evaluation.json'), 'utf8'))
    const { stdout } = await pushforward(['score', 'hostile', 'points.csv'], { cwd: folder })
    const scored = parseCsv(stdout).rows
    expect([strangest.part, strangest.rows.length]).toEqual(['test', 10])
    for (const { row, logProb, values } of strangest.rows) {
      expect(scored[row].slice(0, 3)).toEqual(values)
      expect(logProb).toBeCloseTo(scored[row][3], 4)
    }
    const first = named('td').map(({ text }) => text)
    expect(first).toContain(strangest.rows[0].logProb.toFixed(2).replace('-', '−'))
  })
})

describe('pushforward report', () => {
  test('makes the same page again, or another file of it', async () => {
    await rm(at('hostile', 'report.html'))
    const again = await pushforward(['report', 'hostile'], { cwd: folder })
    expect([again.code, again.stdout, again.stderr]).toEqual([0, '', 'Report: hostile/report.html\n'])
    expect(await readFile(at('hostile', 'report.html'), 'utf8')).toBe(page)
    expect((await pushforward(['report', 'hostile', '--out', 'copy.html'], { cwd: folder })).code).toBe(0)
    expect(await readFile(at('copy.html'), 'utf8')).toBe(page)
  })

  test('leaves out a picture that is too large for the page, and says where it is', async () => {
    const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>${'x'.repeat(3e6)}</text></svg>`
    await writeFile(at('hostile', 'plots', 'qq.svg'), picture)
    expect((await pushforward(['report', 'hostile', '--out', 'large.html'], { cwd: folder })).code).toBe(0)
    const large = await readFile(at('large.html'), 'utf8')
    expect(large.length).toBeLessThan(3_000_000)
    expect(large).toContain('hostile/plots/qq.svg is not in this page')
  })

  test('has figures alone of a run without pictures', async () => {
    expect((await pushforward(['report', 'again'], { cwd: folder })).code).toBe(0)
    const plain = parse(await readFile(at('again', 'report.html'), 'utf8'))
    expect(plain.filter(({ name }) => name === 'svg' || name === 'script')).toEqual([])
    expect(plain.filter(({ name }) => name === 'table').length).toBeGreaterThan(1)
  })

  test('compares runs in one table and one picture, and says what stands against it', async () => {
    const { code, stderr } = await pushforward(['report', 'hostile', 'again', '--out', 'compare.html'], { cwd: folder })
    expect([code, stderr]).toEqual([0, 'Report: compare.html\n'])
    const compared = parse(await readFile(at('compare.html'), 'utf8'))
    const texts = (name: string) => compared.filter((element) => element.name === name).map(({ text }) => text)
    expect([texts('table').length, texts('figure').length]).toEqual([1, 1])
    expect(texts('th').filter((text) => ['hostile', 'again'].includes(text))).toEqual(['hostile', 'again'])
    const figures = await Promise.all(
      ['hostile', 'again'].map(async (run) => JSON.parse(await readFile(at(run, 'evaluation.json'), 'utf8')).nll.test),
    )
    for (const { mean } of figures) expect(texts('td').join(' ')).toContain(mean.toFixed(4))
    const best = figures[0].mean < figures[1].mean ? 'hostile' : 'again'
    expect(texts('p')[0]).toContain(`${best} is best`)
    expect(texts('p')[1]).toContain('different seeds')
  })

  test('has no picture of runs on different data, whose figures say nothing beside each other', async () => {
    await pushforward(['train', '--steps', '5', '--plots', 'off', '--out', 'other'], { cwd: folder })
    await pushforward(['report', 'hostile', 'other', '--out', 'two.html'], { cwd: folder })
    const compared = parse(await readFile(at('two.html'), 'utf8'))
    expect(compared.find(({ name }) => name === 'p')?.text).toContain('cannot be held against each other')
    expect(compared.filter(({ name }) => name === 'figure' || name === 'svg')).toEqual([])
  })
  test('knows a table by its values, whatever seed they were spread with, and its columns by their names', async () => {
    const lines = Array.from(
      { length: 120 },
      (_, i) => `${['a', 'b', 'c'][i % 3]},${i % 11 === 0 ? '' : (i * 7) % 23},${Math.sin(i)}`,
    )
    await writeFile(at('table.csv'), `kind,count,x\n${lines.join('\n')}\n`)
    const train = 'train table.csv --given kind --missing model --flow nsf --layers 1 --steps 2 --plots off --out'
    for (const rest of ['t0', 't1 --seed 1'])
      expect((await pushforward([...train.split(' '), ...rest.split(' ')], { cwd: folder })).code).toBe(0)
    const compared = async (...runs: string[]) => {
      await pushforward(['report', ...runs, '--out', 'compared.html'], { cwd: folder })
      return parse(await readFile(at('compared.html'), 'utf8'))
    }
    const lead = (all: Element[]) => all.find(({ name }) => name === 'p')?.text
    expect(lead(await compared('t0', 't1'))).toMatch(/is best: /)
    const [points] = [await compared('t0', 'hostile')]
    expect(lead(points)).toContain('different data or columns')
    expect(points.filter(({ name }) => name === 'figure')).toEqual([])
    await pushforward(['report', 't0'], { cwd: folder })
    const own = parse(await readFile(at('t0', 'report.html'), 'utf8'))
    expect(own.find(({ name }) => name === 'h1')?.text).toBe('table: p(count, x | kind)')
    expect(own.filter(({ name }) => name === 'dd').map(({ text }) => text)).toEqual(
      expect.arrayContaining(['count, x', 'kind', 'count']),
    )
  }, 60_000)

  test.each([
    [['nowhere'], /There is no run nowhere\. Give the folder of a run, or latest\./],
    [['points.csv'], /points\.csv is a file/],
    [['empty'], /empty holds no run: run\.json is not in it/],
    [['hostile', 'again'], /say where to write it, --out compare\.html/],
    [['hostile', './hostile', '--out', 'x.html'], /is named twice/],
    [[], /Usage is pushforward report RUN/],
  ])('%j is refused', async (args, message) => {
    await mkdir(at('empty'), { recursive: true })
    const { code, stderr } = await pushforward(['report', ...args], { cwd: folder })
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
  })

  test('a damaged file is named', async () => {
    await appendFile(at('again', 'evaluation.json'), '}')
    const { code, stderr } = await pushforward(['report', 'again'], { cwd: folder })
    expect([code, stderr]).toEqual([2, expect.stringMatching(/again\/evaluation\.json is damaged: /)])
  })
})
