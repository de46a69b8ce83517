import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadFlow } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCsv, pushforward } from './run.js'

let folder: string
const at = (...parts: string[]) => join(folder, ...parts)
const train = (...args: string[]) => pushforward(['train', '--plots', 'off', '--steps', '40', ...args])
const json = async (...parts: string[]) => JSON.parse(await readFile(at(...parts), 'utf8'))

const rows = Array.from({ length: 120 }, (_, i) => [Math.sin(i), i % 4, Math.cos(2 * i) + Math.sin(i)])
const csv = (header: string, table: readonly (readonly number[])[]) => `${header}\n${table.join('\n')}\n`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-weights-'))
  await writeFile(at('table.csv'), csv('x,w,y', rows))
  await writeFile(
    at('repeated.csv'),
    csv(
      'x,y',
      rows.flatMap(([x, w, y]) => Array.from({ length: w }, () => [x, y])),
    ),
  )
  await writeFile(at('negative.csv'), csv('x,w,y', rows.with(7, [1, -2, 3])))
  await writeFile(
    at('zero.csv'),
    csv(
      'x,w,y',
      rows.map(([x, , y]) => [x, 0, y]),
    ),
  )
})
afterAll(() => rm(folder, { recursive: true }))

describe('train --weights', () => {
  test('fits the flow of a file in which rows are there as often, and judges it so', async () => {
    const runs = [
      train(at('table.csv'), '--flow', 'tutorial', '--weights', 'w', '--validation', '0', '--out', at('weighted')),
      train(at('repeated.csv'), '--flow', 'tutorial', '--validation', '0', '--out', at('repeated')),
    ]
    for (const { code, stderr } of await Promise.all(runs)) expect(code, stderr).toBe(0)
    const [weighted, repeated] = await Promise.all([loadFlow(at('weighted')), loadFlow(at('repeated'))])
    expect(weighted.data.columns).toEqual(['x', 'y'])
    const close = (values: ArrayLike<number>, digits: number) =>
      Array.from(values, (value) => expect.closeTo(value, digits))
    expect([...weighted.scaler.mean, ...weighted.scaler.sd]).toEqual(
      close([...repeated.scaler.mean, ...repeated.scaler.sd], 9),
    )
    expect([...weighted.parameters]).toEqual(close(repeated.parameters, 4))
    const [one, other] = [await json('weighted', 'evaluation.json'), await json('repeated', 'evaluation.json')]
    expect(one.nll.train.mean).toBeCloseTo(other.nll.train.mean, 4)
    expect([one.nll.train.rows, other.nll.train.rows]).toEqual([120, 180])
  })

  test('is repeated by config.json; score and sample need no weights', async () => {
    const first = await train(
      at('table.csv'),
      '--weights',
      'w',
      '--test',
      '0.2',
      '--columns',
      'x,y',
      '--out',
      at('first'),
    )
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('Training on 120 rows of table (x, y), ')])
    expect((await json('first', 'config.json')).weights).toBe('w')
    const again = await train('--config', at('first', 'config.json'), '--out', at('again'))
    expect(again.code, again.stderr).toBe(0)
    expect(await readFile(at('again', 'model.safetensors'))).toEqual(await readFile(at('first', 'model.safetensors')))
    const { stdout } = await pushforward(['score', at('first'), '-'], { input: 'x,y\n0,0\n' })
    expect(parseCsv(stdout).columns).toEqual(['x', 'y', 'log_prob', 'quantile'])
    expect(parseCsv(await readFile(at('first', 'samples.csv'), 'utf8')).columns).toEqual(['x', 'y'])
  })

  test.each([
    [
      ['negative.csv', '--weights', 'w'],
      /The weight of row 7 \(counted from 0\) is -2, in column "w"; expected 0 or more\./,
    ],
    [['zero.csv', '--weights', 'w'], /All weights, in column "w", are 0\./],
    [['table.csv', '--weights', 'v'], /--weights: no column is named "v"/],
    [['table.csv', '--weights', 'w', '--given', 'w'], /--given and --weights both name "w"\./],
    [['table.csv', '--weights', 'w', '--columns', 'w'], /--weights names the only column \(w\)/],
    [['jang', '--weights', 'x1'], /--weights is for files; jang is a generator\./],
  ])('%j is refused', async ([data, ...args], message) => {
    const { code, stderr } = await train(data === 'jang' ? data : at(data), ...args, '--out', at('unused'))
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
  })
})
