import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pushforward } from './run.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-start-'))
  const rows = Array.from({ length: 100 }, (_, i) => [Math.sin(i * i), Math.cos(3 * i * i)])
  await writeFile(join(folder, 'points.csv'), `x,y\n${rows.map((row) => row.join(',')).join('\n')}\n`)
})
afterAll(() => rm(folder, { recursive: true }))

/** The packages that a command loads, as the engine's coverage names the scripts it has seen. */
async function loaded(name: string, ...args: string[]): Promise<string[]> {
  const coverage = join(folder, name)
  const { code, stderr } = await pushforward(args, { cwd: folder, env: { NODE_V8_COVERAGE: coverage } })
  expect(code, stderr).toBe(0)
  const packages = new Set<string>()
  for (const file of await readdir(coverage)) {
    const { result } = JSON.parse(await readFile(join(coverage, file), 'utf8'))
    for (const { url } of result) packages.add(/\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? 'own')
  }
  return [...packages].sort()
}

describe('what a command does not need it does not load:', () => {
  test('--version no package', async () => {
    expect(await loaded('version', '--version')).toEqual(['own'])
  })

  test('one step neither thread pool, nor charts, nor progress bar, nor CSV reader', async () => {
    const packages = await loaded('generator', 'train', '--steps', '1', '--out', 'a')
    expect(packages).toContain('ndarray')
    for (const name of ['piscina', '@observablehq/plot', '@xmldom/xmldom', 'cli-progress', 'csv-parse']) {
      expect(packages).not.toContain(name)
    }
  })

  test('one step on a file the CSV reader, and threads the pool', async () => {
    const packages = await loaded('file', 'train', 'points.csv', '--steps', '1', '--threads', '1', '--out', 'b')
    expect(packages).toEqual(expect.arrayContaining(['csv-parse', 'piscina']))
    expect(packages).not.toContain('@xmldom/xmldom')
  })
})
