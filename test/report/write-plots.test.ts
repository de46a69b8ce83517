import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { flow, jang, leakyReLU } from 'pushforward'
import { afterAll, describe, expect, test } from 'vitest'
import { writePlots } from '#report/write-plots.js'
import { expectSound } from './svg.js'

const home = await mkdtemp(join(tmpdir(), 'plots-'))
afterAll(() => rm(home, { recursive: true }))

const options = { flow: flow(2, [leakyReLU()], { seed: 1 }), rows: jang(50), losses: Float64Array.of(3, 2, 1) }

describe('writePlots', () => {
  test('makes the folder, fills it with what it says, and leaves nothing else behind', async () => {
    const folder = join(home, 'run', 'plots')
    const names = await writePlots(folder, options)
    expect(names).toContain('film.svg')
    expect((await readdir(folder)).sort()).toEqual([...names].sort())
    for (const name of names) expectSound(await readFile(join(folder, name), 'utf8'))
  })

  test('replaces pictures that are there by new files', async () => {
    const folder = join(home, 'again')
    await writePlots(folder, options)
    const before = await stat(join(folder, 'loss.svg'))
    await writePlots(folder, options)
    expect((await stat(join(folder, 'loss.svg'))).ino).not.toBe(before.ino)
  })

  test('shows some of very many rows, and says of how many', async () => {
    const folder = join(home, 'many')
    const rows = 200_000
    // The last block is far out.
    const source = {
      rows,
      columns: 2,
      *blocks() {
        for (let first = 0; first < rows; first += 1000) {
          yield Float64Array.from({ length: 2000 }, (_, at) => (first === rows - 1000 ? 50 : 0) + Math.sin(first + at))
        }
      },
    }
    await writePlots(folder, { ...options, rows: source })
    const text = async (name: string) => readFile(join(folder, name), 'utf8')
    expect(await text('samples.svg')).toContain('20,000 of 200,000 rows')
    expect(await text('density.svg')).toContain('500 of 200,000 rows')
    expect(await text('samples.svg')).toContain('0.5 % of the data')
    const wide = { ...source, columns: 4, rows: rows / 2 }
    await writePlots(folder, { flow: flow(4, [leakyReLU()]), rows: wide, losses: options.losses })
    // 20 000 rows, and the extremes of four columns.
    for (const name of ['marginals.svg', 'pairs.svg'])
      expect(await text(name)).toMatch(/20,008 of 100,000 rows of data/)
  })

  test('rejects where the folder cannot be made', async () => {
    await writeFile(join(home, 'file'), '')
    await expect(writePlots(join(home, 'file', 'plots'), options)).rejects.toThrow(/ENOTDIR/)
  })
})

test('whoever imports the package loads no chart library: report is an entry of its own', async () => {
  const dist = fileURLToPath(new URL('../../dist/', import.meta.url))
  const seen = new Set<string>()
  const packages = new Set<string>()
  async function follow(file: string): Promise<void> {
    if (seen.has(file)) return
    seen.add(file)
    const source = await readFile(file, 'utf8')
    for (const [, name] of source.matchAll(/^\s*(?:import|export)\b[^'";]*?['"]([^'"]+)['"]/gms)) {
      if (/^\.\.?\//.test(name)) await follow(resolve(dirname(file), name))
      else packages.add(name)
    }
  }
  await follow(join(dist, 'index.js'))
  const files = [...seen].map((file) => relative(dist, file))
  expect(files.length).toBeGreaterThan(30)
  expect(files.filter((file) => file.startsWith('report'))).toEqual([])
  expect([...packages]).toEqual(expect.not.arrayContaining(['@observablehq/plot', '@xmldom/xmldom']))
  expect(packages.has('ndarray')).toBe(true)
})
