import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { expectSound, texts } from '../report/svg.js'

const home = await mkdtemp(join(tmpdir(), 'examples-'))
afterAll(() => rm(home, { recursive: true }))

/** Runs an example in a folder of its own; it rejects with what it printed where an example fails. */
async function run(name: string): Promise<{ output: string; folder: string }> {
  const folder = join(home, name)
  const file = fileURLToPath(new URL(`../../examples/${name}.mjs`, import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [file, folder], { cwd: home })
  return { output: stdout, folder }
}

describe('examples', () => {
  test('one-dimension prints both densities, and a million draws agree with them', async () => {
    const { output, folder } = await run('one-dimension')
    expect(output).toContain('p(x) = 1 for x in [0, 1]\np(y) = 0.5 for y in [1, 3]\n')
    expect(output).toMatch(/y: 64 bins of 1000000 draws agree within [0-4]\.\d standard errors/)
    const svg = await readFile(join(folder, 'one-dimension.svg'), 'utf8')
    expectSound(svg)
    expect(texts(svg)).toEqual(expect.arrayContaining(['density of x', 'density of y', 'histogram of 1,000,000 draws']))
  })

  test('crescent learns the crescent and leaves a model and its pictures', async () => {
    const { output, folder } = await run('crescent')
    expect(output).toContain('entropy, the floor: 4.224 nats')
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(['crescent.safetensors', 'density.svg', 'film.svg', 'loss.svg']),
    )
  })

  test('own-data finds the five planted anomalies first', async () => {
    const { output, folder } = await run('own-data')
    const found = [...output.matchAll(/^(\d+) +−?-\d+\.\d/gm)].map(([, row]) => Number(row))
    expect(found.slice(0, 5).sort((a, b) => a - b)).toEqual([57, 133, 211, 288, 342])
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['marginals.svg', 'pairs.svg']))
  })
})
