import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadFlow } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { standardNormals } from '../fixtures/normals.js'
import { parseCsv, pushforward } from './run.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-preprocess-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, header: string, rows: number[][]): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `${header}\n${rows.map((row) => row.join()).join('\n')}\n`)
  return path
}

const train = (...args: string[]) =>
  pushforward(['train', ...args, '--steps', '3', '--threads', '0', '--plots', 'off'], { cwd: folder })

describe.concurrent('train', () => {
  const weather = standardNormals(300, 2).map(([t, w], i) => [i % 30 === 0 ? -9999 : 15 + 5 * t, 3 + w])

  test('stops at a fill value with 2, naming it, its count and the way out', async () => {
    const path = await file('weather.csv', 'temp,wind', weather)
    const { code, stderr } = await train(path)
    expect(code).toBe(2)
    expect(stderr).toMatch(/Column "temp" is -9999 in 10 of 300 rows, far outside the others \(\S+ … \S+\)/)
    expect(stderr).toMatch(
      /Leave those rows out with --fill-value=-9999; --fill-value none takes them for measurements/,
    )
    expect(stderr).not.toContain('Training on')
  })

  test('leaves rows with --fill-value out, says how many, and repeats that from its config', async () => {
    const path = await file('filled.csv', 'temp,wind', weather)
    const first = await train(path, '--fill-value=-9999', '--out', 'filled')
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('Left out: 10 of 300 rows')])
    expect(first.stderr).toContain('Training on 290 rows')
    const config = JSON.parse(await readFile(join(folder, 'filled', 'config.json'), 'utf8'))
    expect(config).toMatchObject({ 'fill-value': -9999, preprocess: { type: 'preprocess' } })
    const again = await train('--config', 'filled/config.json', '--out', 'again')
    expect(again.code).toBe(0)
    const [a, b] = await Promise.all(
      ['filled', 'again'].map((name) => readFile(join(folder, name, 'model.safetensors'))),
    )
    expect(Buffer.compare(a, b)).toBe(0)
  })

  test('takes them as they are with --fill-value none', async () => {
    const path = await file('kept.csv', 'temp,wind', weather)
    const { code, stderr } = await train(path, '--fill-value', 'none', '--out', 'kept')
    expect([code, stderr]).toEqual([0, expect.stringContaining('Training on 300 rows')])
  })

  test.each([
    ['standardise', 0, /warning: Column "f" is a linear function of "c", .* leave one of them out\./i],
    ['robust', 2, /Column "f" is a linear function of "c", .* leave one of them out\./],
  ])('tells of columns that determine each other, --preprocess %s: %i', async (how, expected, message) => {
    const path = await file(
      `linear-${how}.csv`,
      'c,f',
      standardNormals(300, 1).map(([c]) => [c, 2 * c + 1]),
    )
    const { code, stderr } = await train(path, '--preprocess', how, '--out', `linear-${how}`)
    expect([code, stderr]).toEqual([expected, expect.stringMatching(message)])
  })

  test('warns of a total that is mostly the sum of its parts', async () => {
    const rows = standardNormals(300, 3).map(([a, b, c], i) => [a, b, i % 5 === 0 ? c : a + b])
    const { code, stderr } = await train(await file('total.csv', 'a,b,total', rows), '--out', 'total')
    expect(code).toBe(0)
    expect(stderr).toContain('Column "total" is in 80 % of the rows a linear function of "a" and "b"')
  })

  test.each(['robust', 'gaussianise'])(
    'takes a column with 1e9 in it by --preprocess %s; score, sample, show go on',
    async (how) => {
      const rows = standardNormals(400, 2).map(([x, y], i) => [i === 9 ? 1e9 : x + y, y])
      const path = await file(`outlier-${how}.csv`, 'x,y', rows)
      const out = `outlier-${how}`
      const plain = await train(path, '--preprocess', 'standardise', '--out', `${out}-plain`)
      expect([plain.code, plain.stderr]).toEqual([
        2,
        expect.stringMatching(/Column "x" loses its values in float32.*--preprocess robust/),
      ])
      const { code } = await train(path, '--preprocess', how, '--out', out)
      expect(code).toBe(0)
      const model = await loadFlow(join(folder, out))
      expect(model.scaler.marginals).toBeDefined()
      const scored = await pushforward(['score', out, path, '--threads', '0'], { cwd: folder })
      const scores = parseCsv(scored.stdout).rows.map((row) => row[2])
      expect(scores).toEqual([...model.logProb(rows)].map((value) => Number(String(value)) && expect.closeTo(value, 4)))
      const sampled = await pushforward(['sample', out, '--rows', '50', '--threads', '0'], { cwd: folder })
      expect(parseCsv(sampled.stdout).rows.flat()).toEqual([...model.sample(50).data])
      const shown = await pushforward(['show', out], { cwd: folder })
      expect(shown.stdout).toMatch(/ x +\S+ ± \S+, made about normal by 6 knots/)
      expect(shown.stdout).toContain('Correlations are taken out.')
      const json = JSON.parse((await pushforward(['show', out, '--json'], { cwd: folder })).stdout)
      expect(json.marginals[0].v.length).toBe(6)
      expect(json.whitening.matrix.length).toBe(4)
    },
  )
})
