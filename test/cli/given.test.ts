import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadFlow } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { normalRows } from '../fixtures/conditional.js'
import { parseCsv, pushforward } from './run.js'

let folder: string
const at = (...parts: string[]) => join(folder, ...parts)

/** Columns group, x, size, y: two that depend on the others, and those among them. */
const table = normalRows(400, { mean: [0, 0, 0], sd: [1, 1, 1] }, 1).map(([size, e, f], i) => {
  const group = i % 3
  return [group, 2 * size + 0.5 * e, size, group * size + f]
})
const csv = (rows: number[][], columns = 'group,x,size,y') =>
  `${columns}\n${rows.map((row) => row.join()).join('\n')}\n`
const train = (...args: string[]) => pushforward(['train', '--steps', '60', '--lr', '1e-2', ...args])

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-given-'))
  await writeFile(at('table.csv'), csv(table))
  const runs = await Promise.all([
    train(at('table.csv'), '--flow', 'tutorial', '--given', 'size,group', '--out', at('two')),
    train(at('table.csv'), '--columns', 'size,x', '--given', 'size', '--out', at('one')),
  ])
  for (const { code, stderr } of runs) expect(code, stderr).toBe(0)
})
afterAll(() => rm(folder, { recursive: true }))

const json = async (...parts: string[]) => JSON.parse(await readFile(at(...parts), 'utf8'))

describe('train --given', () => {
  test('models the columns that are not named, given those that are', async () => {
    const model = await loadFlow(at('two'))
    expect([model.dim, model.contextDim]).toEqual([2, 2])
    expect(model.data.columns).toEqual(['x', 'y', 'size', 'group'])
    expect(await json('two', 'run.json')).toMatchObject({
      status: 'finished',
      data: { columns: ['x', 'y', 'size', 'group'], given: ['size', 'group'], sha256: model.data.sha256 },
    })
    expect((await json('two', 'config.json')).given).toEqual(['size', 'group'])
  })

  test('evaluates p(x | c) beside the Gaussian given c, and says that ∫ p is left out', async () => {
    const model = await loadFlow(at('two'))
    const evaluation = await json('two', 'evaluation.json')
    const density = model.logProb(
      table.map(([, x, , y]) => [x, y]),
      { context: table.map(([group, , size]) => [size, group]) },
    )
    const { train, validation } = evaluation.nll
    const sum = 360 * train.mean + 40 * validation.mean
    expect(sum / 400).toBeCloseTo(-density.reduce((total, value) => total + value, 0) / 400, 5)
    expect(evaluation.gaussianBaseline.train.rows).toBe(360)
    expect(evaluation.leftOut).toMatch(/^Left out, as the density differs with the given columns: /)
    expect(evaluation).not.toHaveProperty('integralOfDensity')
  })

  test('leaves samples in the order of the file, given what its rows are, and pictures of them', async () => {
    const { columns, rows } = parseCsv(await readFile(at('two', 'samples.csv'), 'utf8'))
    expect(columns).toEqual(['group', 'x', 'size', 'y'])
    expect(rows.map(([group, , size]) => [group, size])).toEqual(table.map(([group, , size]) => [group, size]))
    const model = await loadFlow(at('two'))
    const { data } = model.sample(400, { context: table.map(([group, , size]) => [size, group]), seed: 0 })
    expect(rows.flatMap(([, x, , y]) => [x, y])).toEqual([...data])
    expect((await readdir(at('two', 'plots'))).sort()).toEqual([
      'leaky-relu.svg',
      'loss.svg',
      'marginals.svg',
      'pairs.svg',
      'pit.svg',
      'qq.svg',
    ])
  })

  test('takes one column that is left to model, of those that --columns names', async () => {
    const model = await loadFlow(at('one'))
    expect([model.dim, model.contextDim, model.data.columns]).toEqual([1, 1, ['x', 'size']])
    const { columns, rows } = parseCsv(await readFile(at('one', 'samples.csv'), 'utf8'))
    expect([columns, rows.length]).toEqual([['size', 'x'], 400])
    expect(rows.map(([size]) => size)).toEqual(table.map(([, , size]) => size))
  })

  test('adds a given column that --columns does not name', async () => {
    const { code, stderr } = await train(
      ...[at('table.csv'), '--columns', 'y,x', '--given', 'group', '--plots', 'off', '--out', at('added')],
    )
    expect([code, stderr]).toEqual([0, expect.stringContaining('Training on 400 rows of table (y, x | group), ')])
    expect((await loadFlow(at('added'))).data.columns).toEqual(['y', 'x', 'group'])
    expect(parseCsv(await readFile(at('added', 'samples.csv'), 'utf8')).columns).toEqual(['y', 'x', 'group'])
  })

  test('is repeated by --config, to the same bits with another number of threads', async () => {
    const { code } = await pushforward([
      'train',
      '--config',
      at('two', 'config.json'),
      '--threads',
      '3',
      '--out',
      at('again'),
    ])
    expect(code).toBe(0)
    expect(await readFile(at('again', 'model.safetensors'))).toEqual(await readFile(at('two', 'model.safetensors')))
  })

  test('takes columns of a generator, and judges rows drawn anew', async () => {
    const { code, stderr } = await train('jang', '--given', 'x2', '--plots', 'off', '--out', at('jang'))
    expect([code, stderr]).toEqual([0, expect.stringContaining('1024 rows of jang (x1 | x2)')])
    const evaluation = await json('jang', 'evaluation.json')
    expect(evaluation.freshNll.rows).toBe(100_000)
    expect(evaluation).not.toHaveProperty('excess')
    const model = await loadFlow(at('jang'))
    const { code: scored, stdout } = await pushforward(['score', at('jang'), 'jang', '--rows', '5'])
    expect(scored).toBe(0)
    const { columns, rows } = parseCsv(stdout)
    expect(columns).toEqual(['x1', 'x2', 'log_prob', 'quantile'])
    const density = model.logProb(
      rows.map(([x1]) => [x1]),
      { context: rows.map(([, x2]) => [x2]) },
    )
    expect(Float32Array.from(rows, (row) => row[2])).toEqual(density)
  })

  test('warns of few values in what is modelled alone', async () => {
    const options = [at('table.csv'), '--column', 'all:plain', '--plots', 'off', '--steps', '1']
    const { stderr } = await pushforward(['train', ...options, '--given', 'x', '--out', at('warned')])
    expect(stderr).toContain('few different values for 400 rows in column "group" (3)')
    const given = await pushforward(['train', ...options, '--given', 'group', '--out', at('not-warned')])
    expect(given.stderr).not.toContain('few different values')
  })

  test.each([
    [
      ['--given', 'sise'],
      '--given: no column is named "sise". Did you mean "size"? There are "group", "x", "size", "y".',
    ],
    [['--columns', 'x', '--given', 'sise'], 'table.csv:1: no column is named "sise". Did you mean "size"?'],
    [
      ['--given', 'y,x,group,size'],
      '--given names every column (group, x, size, y); expected one at least to be left to model.',
    ],
    [['--given', 'x,x'], '--given names "x" twice.'],
    [['--given', 'x,'], '--given is "x,"; expected names between commas, such as x,y.'],
  ])('%j exits with 2 and leaves no folder', async (args, message) => {
    const { code, stderr } = await train(at('table.csv'), ...args, '--out', at('unused'))
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
    expect(await readdir(folder)).not.toContain('unused')
  })

  test('refuses a column that a generator does not have, or one that is constant', async () => {
    const { code, stderr } = await train('jang', '--given', 'x3', '--out', at('unused'))
    expect([code, stderr]).toEqual([2, expect.stringContaining('no column is named "x3". Did you mean "x1"?')])
    await writeFile(at('constant.csv'), csv(table.map(([, ...rest]) => [5, ...rest])))
    const constant = await train(at('constant.csv'), '--given', 'group', '--out', at('unused'))
    expect([constant.code, constant.stderr]).toEqual([
      2,
      expect.stringContaining(
        'Column "group" is constant (5 in every row), so nothing can depend on it: leave it out.',
      ),
    ])
  })
})

describe('sample --given', () => {
  const sample = (...args: string[]) => pushforward(['sample', at('two'), '--seed', '3', ...args])

  test('draws rows at what they are given, in the order of the file', async () => {
    const model = await loadFlow(at('two'))
    const { code, stdout } = await sample('--given', 'group=2, size=-0.5', '--rows', '4')
    expect(code).toBe(0)
    const { columns, rows } = parseCsv(stdout)
    expect(columns).toEqual(['group', 'x', 'size', 'y'])
    const { data } = model.sample(4, { seed: 3, context: [-0.5, 2] })
    expect(rows).toEqual(Array.from({ length: 4 }, (_, i) => [2, data[2 * i], -0.5, data[2 * i + 1]]))
    const objects = await sample('--given', 'group=2,size=-0.5', '--rows', '1', '--json', '--threads', '2')
    expect(JSON.parse(objects.stdout)).toEqual({ x: data[0], y: data[1], size: -0.5, group: 2 })
  })

  test('warns of a number far from what the model was trained on, and draws all the same', async () => {
    const far = await sample('--given', 'group=2,size=8', '--rows', '2')
    expect(far.stderr).toMatch(
      /^Warning: size is given as 8, far from -?0\.[\d]+ ± [\d.]+ of the rows trained on: .*\n$/,
    )
    expect([far.code, parseCsv(far.stdout).rows.length]).toEqual([0, 2])
    expect((await sample('--given', 'group=2,size=3', '--rows', '2')).stderr).toBe('')
  })

  test('draws one row for each row of --given-rows, by the names of its columns', async () => {
    const model = await loadFlow(at('two'))
    await writeFile(at('given.csv'), csv(table.slice(0, 50)))
    const { code, stdout } = await sample('--given-rows', at('given.csv'))
    expect(code).toBe(0)
    const context = table.slice(0, 50).map(([group, , size]) => [size, group])
    const { data } = model.sample(50, { seed: 3, context })
    const drawn = context.map(([size, group], i) => [group, data[2 * i], size, data[2 * i + 1]])
    expect(parseCsv(stdout).rows).toEqual(drawn)
    // One given column in a file of its own.
    await writeFile(at('sizes.csv'), 'size\n1\n2\n')
    const single = await pushforward(['sample', at('one'), '--given-rows', at('sizes.csv')])
    expect(parseCsv(single.stdout).rows.map(([size]) => size)).toEqual([1, 2])
    expect(single.stderr).toBe('')
    await writeFile(at('sizes.csv'), 'size\n1\n2\n9\n')
    const far = await pushforward(['sample', at('one'), '--given-rows', at('sizes.csv')])
    expect([far.code, far.stderr]).toEqual([
      0,
      expect.stringMatching(
        /^Warning: 1 of 3 rows has a given number far from those trained on, first row 2 [^\n]*: what is drawn there is a guess\.\n$/,
      ),
    ])
  })

  test.each([
    [[], 'This model needs values of size, group: give --given size=VALUE,group=VALUE, or --given-rows FILE.'],
    [
      ['--given', 'size=1'],
      'This model needs values of size, group: group is missing; give --given size=VALUE,group=VALUE, or --given-rows FILE.',
    ],
    [['--given', 'size=1,groups=2'], '--given: no column is named "groups". Did you mean "group"?'],
    [['--given', 'size=1,group'], '--given is "size=1,group"; expected NAME=VALUE between commas, such as a=1,b=2.'],
    [
      ['--given', 'size=1,group='],
      '--given: "group" has no value, and the model was not trained on rows in which that',
    ],
    [['--given', 'size=1,group=x'], '--given: "group" is "x"; expected a number.'],
    [['--given', 'size=1,size=2'], '--given is "size=1,size=2"; expected each name once, but "size" comes twice.'],
    [['--given', 'size=1e9,group=1'], 'The context lies over 10⁶ standard deviations away'],
    [['--given', 'size=1,group=1', '--given-rows', 'a.csv'], '--given and --given-rows exclude each other.'],
    [['--given-rows', 'a.csv', '--rows', '3'], '--rows and --given-rows exclude each other'],
    [['--given-rows', 'none.csv'], 'none.csv: no such file.'],
  ])('%j exits with 2 before anything is written', async (args, message) => {
    const { code, stdout, stderr } = await sample(...args)
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)])
  })

  test('finds a row of --given-rows that lies too far away before it draws any', async () => {
    await writeFile(at('far.csv'), csv(table.with(30, [1, 2, 1e9, 3])))
    const { code, stdout, stderr } = await sample('--given-rows', at('far.csv'))
    expect([code, stdout, stderr]).toEqual([
      2,
      '',
      expect.stringMatching(/far\.csv: row 30 .* 10⁶ standard deviations/),
    ])
  })

  test('is refused for a model that is given nothing', async () => {
    await train('jang', '--plots', 'off', '--steps', '1', '--out', at('plain'))
    const { code, stderr } = await pushforward(['sample', at('plain'), '--given', 'x1=2'])
    expect([code, stderr]).toEqual([
      2,
      'pushforward: --given is for models trained with --given; this one has no such columns.\n',
    ])
  })
})

describe('score of a model that is given columns', () => {
  test('finds them by name, and writes the rows as they are', async () => {
    const model = await loadFlow(at('two'))
    const input = csv(
      table.map(([group, x, size, y]) => [y, 7, size, x, group]),
      'y,other,size,x,group',
    )
    const { code, stdout, stderr } = await pushforward(['score', at('two'), '-', '--threads', '2'], { input })
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^Left out, as the model does not have them: other.\n/)])
    const { columns, rows } = parseCsv(stdout)
    expect(columns).toEqual(['y', 'size', 'x', 'group', 'log_prob', 'quantile'])
    const density = model.logProb(
      table.map(([, x, , y]) => [x, y]),
      { context: table.map(([group, , size]) => [size, group]) },
    )
    expect(Float32Array.from(rows, (row) => row[4])).toEqual(density)
  })

  test('names one that is missing', async () => {
    const { code, stderr } = await pushforward(['score', at('two'), '-'], { input: 'x,y,size\n1,2,3\n' })
    expect([code, stderr]).toEqual([2, expect.stringContaining('no column is named "group"')])
  })

  test('gives −Infinity for a context beyond all bounds', async () => {
    const { stdout } = await pushforward(['score', at('one'), '-'], { input: 'x,size\n1,1e300\n1,1\n' })
    expect(stdout).toMatch(/\n1,1e\+300,-Infinity,0\n1,1,-/)
  })
})

test('show says what is given', async () => {
  const { stdout } = await pushforward(['show', at('two')])
  expect(stdout).toContain('Fits p(x, y | size, group)')
  expect(stdout).toMatch(/Columns, .*\n {2}x {6}.*\n {2}y {6}.*\n {2}size {3}.*\n {2}group {2}/)
  const shown = JSON.parse((await pushforward(['show', at('two'), '--json'])).stdout)
  expect(shown).toMatchObject({ contextDim: 2, columns: ['x', 'y', 'size', 'group'], given: ['size', 'group'] })
})
