import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eightGaussians } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCsv, pushforward } from './run.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-generators-'))
})
afterAll(() => rm(folder, { recursive: true }))

const at = (...parts: string[]) => join(folder, ...parts)
const json = async (...parts: string[]) => JSON.parse(await readFile(at(...parts), 'utf8'))
const model = (run: string) => readFile(at(run, 'model.safetensors'), 'base64')
const train = (line: string) => pushforward(['train', '--plots', 'off', ...line.split(' ')], { cwd: folder })

describe('data', () => {
  test('without a name lists the generators with their entropies', async () => {
    const { stdout } = await pushforward(['data'])
    expect(stdout.replaceAll(/ +/g, ' ')).toBe(
      [
        'name columns entropy, nats',
        'jang x1, x2 4.224171',
        'moons x1, x2 1.007585',
        '8gaussians x1, x2 2.831880',
        'circles x1, x2 3.268136',
        'rings x1, x2 2.623183',
        'checkerboard x1, x2 3.465736',
        'swissroll x1, x2 2.669646',
        '2spirals x1, x2 2.645450',
        'pinwheel x1, x2 2.317788',
        '',
      ].join('\n'),
    )
  })

  test('writes the rows that the function of a generator gives', async () => {
    const { stdout } = await pushforward(['data', '8gaussians', '--rows', '500', '--seed', '3'])
    const { columns, rows } = parseCsv(stdout)
    expect(columns).toEqual(['x1', 'x2'])
    expect(rows.flat()).toEqual([...eightGaussians(500, { seed: 3 }).data])
  })
})

describe('train', () => {
  test('takes --rows, --test and --validation for a generator, and repeats them from config.json', async () => {
    const { code, stderr } = await train('2spirals --rows 500 --test 0.1 --validation 0.2 --steps 20 --out a')
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('Training on 500 rows of 2spirals (x1, x2)')
    expect(stderr).toMatch(/training \(360 rows\) +validation \(90 rows\) +test \(50 rows\).* fresh \(100000 rows\)/)
    const { nll, entropyFloor, excess, note } = await json('a', 'evaluation.json')
    expect([nll.train.rows, nll.validation.rows, nll.test.rows]).toEqual([360, 90, 50])
    expect(entropyFloor).toBeCloseTo(2.64545, 6)
    expect(excess.fresh.mean).toBeGreaterThan(0)
    expect(note).toBeUndefined()
    expect(await json('a', 'config.json')).toMatchObject({ data: '2spirals', rows: 500, test: 0.1, validation: 0.2 })
    expect((await train('--config a/config.json --out again')).code).toBe(0)
    expect(await model('again')).toBe(await model('a'))
  })

  test('holds nothing of a generator out for a flow that is named, where it is not told to', async () => {
    expect((await train('moons --flow tutorial --rows 100 --steps 2 --out moons-run')).code).toBe(0)
    const { nll } = await json('moons-run', 'evaluation.json')
    expect([nll.train.rows, nll.validation, nll.test]).toEqual([100, undefined, undefined])
  })

  test('reads a file that is called like a generator, but no folder, and says so', async () => {
    await mkdir(at('circles'))
    await writeFile(at('rings'), (await pushforward(['data', 'moons', '--rows', '50'])).stdout)
    const file = await train('rings --flow tutorial --steps 2 --out of-file')
    expect(file.stderr).toContain('Reading the file rings, and not the generator of that name.\n')
    expect(file.stderr).toContain('Training on 50 rows of rings (x1, x2)')
    expect(await json('of-file', 'config.json')).toMatchObject({ data: at('rings'), validation: 0.1 })
    expect((await train('circles --rows 60 --steps 2 --out of-generator')).stderr).toContain('60 rows of circles')
    const scored = await pushforward(['score', 'of-file', 'rings'], { cwd: folder })
    expect(parseCsv(scored.stdout).rows).toHaveLength(50)
  })
})
