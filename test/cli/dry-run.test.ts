import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { standardNormals } from '../fixtures/normals.js'
import { pushforward } from './run.js'

let folder: string
const train = (...args: string[]) => pushforward(['train', ...args, '--threads', '1'], { cwd: folder })
const dry = async (...args: string[]) => {
  const { code, stdout, stderr } = await train(...args, '--dry-run')
  expect(code, stderr).toBe(0)
  return { stdout, stderr }
}
/** From the line that `show` and a dry run begin a flow with to the one that ends it. */
const layers = (text: string) => /^Flow on [\s\S]*? rows$/m.exec(text)?.[0]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-dry-'))
  await writeFile(join(folder, 'points.csv'), `x,y\n${standardNormals(2400, 2).join('\n')}\n`)
})
afterAll(() => rm(folder, { recursive: true }))

describe('train --dry-run', () => {
  test('tells columns, the layers that show prints after training, memory and time, and leaves no file', async () => {
    const flow = ['points.csv', '--flow', 'nsf', '--layers', '2', '--hidden', '8', '--batch', '100']
    const { stdout, stderr } = await dry(...flow, '--steps', '60')
    expect(await readdir(folder)).toEqual(['points.csv'])
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^Columns of points\.csv, 2400 rows\n {2}column +kind/)
    // 200 of 2400 rows are for the test and a tenth of the others for the validation: 2200 rows of two columns of 4 bytes.
    expect(stderr).toMatch(/^Memory: 17\.6 kB for 1980 rows and 220 held out, [\d.]+ kB for each of 1 thread; /m)
    expect(stderr).toMatch(
      /^Time: 60 steps of [\d.e-]+ ms, about \d+:\d\d of training, less where patience ends it\.$/m,
    )
    expect((await train(...flow, '--steps', '1', '--out', 'run')).code).toBe(0)
    const shown = (await pushforward(['show', 'run'], { cwd: folder })).stdout
    expect(layers(shown)).toBeDefined()
    expect(layers(stderr)).toBe(layers(shown))
    await rm(join(folder, 'run'), { recursive: true })
  })

  test('of a flow that the rows choose tells what is tried and the budget, without trying', async () => {
    const { stderr } = await dry('points.csv', '--budget', '10m')
    expect(stderr).toContain('Chosen by the rows, to begin with: 2 columns, 1980 rows: 2 spline layers of 16 bins')
    expect(stderr).toContain('Time: 10:00 of budget, choosing included.')
  })

  test('is one JSON object with --json', async () => {
    const { stdout } = await dry(
      'jang',
      '--rows',
      '1000',
      '--steps',
      '20',
      '--flow',
      'tutorial',
      '--ensemble',
      '2',
      '--json',
    )
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ event: 'dryRun', data: 'jang', rows: 1000, columns: ['x1', 'x2'], given: [], tested: 0, settled: true },
      ...{ steps: 20, memory: { atOnce: 1, threads: 1, trainingRows: 1000, validationRows: 0, rowBytes: 8000 } },
      flow: { ensemble: 2, parameters: 360 },
    })
  })

  test('refuses what a run would refuse', async () => {
    await writeFile(join(folder, 'gap.csv'), 'x,y\n1,2\n3,\n5,6\n')
    const { code, stderr } = await train('gap.csv', '--dry-run')
    await rm(join(folder, 'gap.csv'))
    expect(code).toBe(2)
    expect(stderr).toContain('column "y" is empty')
    expect((await train('--dry-run', '--resume', 'no-run')).stderr).toContain('leave out --dry-run')
  })
})
