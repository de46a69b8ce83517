import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomStream } from '#random/stream.js'
import { pushforward } from './run.js'

let folder: string
const cli = (args: string, input?: string) => pushforward(args.split(' '), { cwd: folder, input })
const records = (text: string) => {
  const [header, ...lines] = text.trimEnd().split('\n')
  const names = header.split(',')
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, j) => [names[j], cell])))
}

// y = 10 + 3x + noise of sd 1, n whole numbers about 20 + 5x of sd 3, k by name.
const stream = randomStream(5, 2, 0)
const rows = Array.from({ length: 1200 }, () => {
  const x = stream.normal()
  const [y, n] = [10 + 3 * x + stream.normal(), Math.round(20 + 5 * x + 3 * stream.normal())]
  return `${x.toFixed(6)},${y.toFixed(6)},${n},${stream.uniform() < 0.5 ? 'a' : 'b'}`
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-predict-'))
  await writeFile(join(folder, 'rows.csv'), `x,y,n,k\n${rows.join('\n')}\n`)
  const kinds = Array.from({ length: 1500 }, (_, i) => {
    const x = (i % 3 === 0 ? 2 : 0) + stream.normal()
    return `${x.toFixed(6)},${i % 3 === 0 ? 'b' : 'a'},${stream.normal().toFixed(6)}`
  })
  await writeFile(join(folder, 'kinds.csv'), `x,k,y\n${kinds.join('\n')}\n`)
  await writeFile(
    join(folder, 'plain.csv'),
    `x,y\n${rows.map((row) => row.split(',').slice(0, 2).join()).join('\n')}\n`,
  )
  for (const args of [
    'rows.csv --steps 300 --seed 1 --out joint',
    'rows.csv --given x,k --columns y,x,k --steps 300 --seed 1 --out given',
    'kinds.csv --flow nsf --layers 3 --hidden 16 --batch 250 --steps 500 --lr 0.005 --seed 1 --out kinds',
    'plain.csv --column all:plain --steps 300 --seed 1 --out plain',
    'kinds.csv --given x,y --flow nsf --layers 3 --hidden 16 --batch 250 --steps 500 --lr 0.005 --seed 1 --out name',
  ]) {
    const { code, stderr } = await cli(`train ${args} --plots off`)
    expect(code, stderr).toBe(0)
  }
}, 300_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('predict', () => {
  test.each(['joint', 'given', 'plain'])('tells y given the rest, by the model %s', async (model) => {
    const rest = model === 'joint' ? ',22,a' : model === 'given' ? ',,a' : ''
    const { code, stdout, stderr } = await cli(
      `predict ${model} - --of y`,
      `x,y,n,k\n1,14${rest || ',22,a'}\n-1,,12,b\n`,
    )
    expect(code, stderr).toBe(0)
    const [one, two] = records(stdout)
    // Given x alone 13 ± 1 and 7 ± 1, within what 1200 rows and a short training leave.
    expect(Math.abs(Number(one.y_mean) - 13)).toBeLessThan(0.5)
    expect(Math.abs(Number(two.y_median) - 7)).toBeLessThan(0.5)
    expect(Math.abs(Number(one.y_sd) - 1)).toBeLessThan(0.3)
    expect(Math.abs(Number(one.y_q95) - Number(one.y_q05) - 3.29)).toBeLessThan(0.9)
    expect(Math.abs(Number(one.y_quantile) - 0.84)).toBeLessThan(0.15)
    expect(Math.abs(Number(one.y_log_prob) + 0.5 + 0.92)).toBeLessThan(0.5)
    expect([two.y, two.y_log_prob, two.y_quantile]).toEqual(['', '', ''])
  })

  test('gives whole numbers whole quantiles, and their probability', async () => {
    const { code, stdout, stderr } = await cli('predict joint - --of n --quantiles 0.5,0.025', 'x,y,n,k\n0,10,20,a\n')
    expect(code, stderr).toBe(0)
    const [row] = records(stdout)
    expect(Object.keys(row)).toEqual('x,y,n,k,n_mean,n_median,n_sd,n_q50,n_q025,n_log_prob,n_quantile'.split(','))
    expect(Math.abs(Number(row.n_mean) - 20)).toBeLessThan(1)
    expect(Number.isInteger(Number(row.n_q025))).toBe(true)
    // 0.132 of a normal of sd 3 lies within ½ of its middle.
    expect(Math.abs(Math.exp(Number(row.n_log_prob)) - 0.132)).toBeLessThan(0.05)
  })

  test('gives names their probabilities, which the other columns bear on', async () => {
    const { code, stdout, stderr } = await cli('predict kinds - --of k', 'x,k,y\n-2,b,0\n0,,0\n3,b,0\n')
    expect(code, stderr).toBe(0)
    const told = records(stdout)
    expect(Object.keys(told[0])).toEqual('x,k,y,k_likeliest,k_p_a,k_p_b,k_log_prob'.split(','))
    expect(told.map((row) => row.k_likeliest)).toEqual(['a', 'a', 'b'])
    for (const [i, x] of [-2, 0, 3].entries()) {
      // x is 0 ± 1 of a and 2 ± 1 of b, and there are twice as many of a: P(a | x) = 1 / (1 + ½ exp(2x − 2)).
      const { k_p_a, k_p_b, k_log_prob } = told[i]
      expect(Math.abs(Number(k_p_a) - 1 / (1 + Math.exp(2 * x - 2) / 2))).toBeLessThan(0.1)
      expect(Math.abs(Number(k_p_a) + Number(k_p_b) - 1)).toBeLessThan(1e-6)
      if (x === 0) expect(k_log_prob).toBe('')
      else expect(Number(k_log_prob)).toBeCloseTo(Math.log(Number(k_p_b)), 4)
    }
    const other = await cli('predict kinds - --of k --json', 'x,y\n-2,0\n')
    expect(Object.keys(JSON.parse(other.stdout))).toEqual('x,y,k_likeliest,k_p_a,k_p_b'.split(','))
  })

  test('warns of rows that are given a number far from what the model was trained on', async () => {
    const far = await cli('predict given - --of y', 'x,k\n0,a\n40,b\n-50,a\n')
    expect([far.code, far.stderr]).toEqual([
      0,
      expect.stringMatching(
        /^Warning: 2 of 3 rows have a given number far from those trained on, first row 1 \(counted from 0\), whose x is 40 where they have -?0\.\d+ ± [\d.]+: what is predicted there is a guess\.\n$/,
      ),
    ])
    expect((await cli('predict given - --of y', 'x,k\n1,a\n')).stderr).toBe('')
  })

  test('of a model of names given the rest is told in its evaluation', async () => {
    const { classification, regression } = JSON.parse(await readFile(join(folder, 'name', 'evaluation.json'), 'utf8'))
    expect(regression).toBeUndefined()
    // The best that can be is to say b where x > 1 + ½ ln 2: ⅔ Φ(1.3466) + ⅓ Φ(0.6534) = 0.855.
    expect(Math.abs(classification.accuracy - 0.855)).toBeLessThan(0.08)
    expect(Math.abs(classification.commonest - 2 / 3)).toBeLessThan(0.1)
    expect(classification.logLoss.mean).toBeLessThan(0.5)
  })

  test('needs no column of what it predicts, and writes JSON', async () => {
    const { stdout } = await cli('predict plain - --of y --json', 'x\n0\n')
    const row = JSON.parse(stdout)
    expect(Object.keys(row)).toEqual('x,y_mean,y_median,y_sd,y_q05,y_q25,y_q75,y_q95'.split(','))
    expect(Math.abs(row.y_median - 10)).toBeLessThan(0.5)
  })

  test.each([
    ['predict joint rows.csv', /predict needs --of COLUMN/],
    ['predict joint rows.csv --of z', /no column is named "z".*There are "x", "y", "n", "k"/],
    ['predict given rows.csv --of x', /the model is given this column; it can predict y/],
    ['predict joint rows.csv --of y --quantiles 0.5,1', /numbers above 0 and below 1/],
    ['predict joint none.csv --of y', /There is no file/],
  ])('%s is refused', async (args, message) => {
    const { code, stdout, stderr } = await cli(args)
    expect(code).not.toBe(0)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
  })
})
