import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ensemble, type Flow, loadFlow, loadModel } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pushforward } from './run.js'

let folder: string
const read = (run: string, file: string) => readFile(join(folder, run, file))
const json = async (run: string, file: string) => JSON.parse(String(await read(run, file)))
const cli = (line: string) => pushforward(line.split(' '), { cwd: folder })
async function done(line: string) {
  const outcome = await cli(`train ${line} --plots off`)
  expect(outcome.code, outcome.stderr).toBe(0)
  return outcome
}

/** Rows that do not repeat, about `centre`, with a weight and a group. */
const rows = (count: number, centre: number) =>
  Array.from({ length: count }, (_, i) => {
    const x = centre + ((i * 37) % 101) / 20 + i / 1e4
    return { x, y: x / 2 + ((i * 53) % 97) / 40, w: 1 + (i % 3), g: i % 2 }
  })
type Row = ReturnType<typeof rows>[number]
const csv = (data: readonly Row[], ...names: (keyof Row)[]) =>
  `${names.join(',')}\n${data.map((row) => names.map((name) => row[name]).join(',')).join('\n')}\n`

const NEW = rows(160, 2)
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
const pairs = NEW.map(({ x, y }) => [x, y])

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-from-'))
  const files = {
    'old.csv': csv(rows(200, 0), 'x', 'y'),
    'new.csv': csv(NEW, 'y', 'x'),
    'more.csv': csv(NEW, 'g', 'y', 'x', 'w'),
    'bare.csv': csv(NEW, 'x', 'y').replace(/.*\n/, ''),
    'renamed.csv': csv(NEW, 'y', 'x').replace('x', 'xx'),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  await done('old.csv --flow realNVP --layers 2 --hidden 4 --steps 60 --lr 0.01 --validation 0.1 --out old')
  await done('new.csv --from old --steps 80 --lr 0.01 --threads 2 --out on')
})
afterAll(() => rm(folder, { recursive: true }))

describe('train NEW --from MODEL', () => {
  test('makes the new rows likelier, whatever the order of columns, and keeps what columns pass first', async () => {
    const [old, on] = [await loadFlow(join(folder, 'old')), await loadFlow(join(folder, 'on'))]
    expect(on.data.columns).toEqual(['x', 'y'])
    expect(on.scaler).toEqual(old.scaler)
    expect(on.structure.description).toEqual(old.structure.description)
    expect(mean(on.logProb(pairs))).toBeGreaterThan(mean(old.logProb(pairs)) + 0.2)
    expect(on.data.sha256).not.toBe(old.data.sha256)
  })

  test('says in config.json and run.json from which model', async () => {
    const sha256 = createHash('sha256')
      .update(await read('old', 'model.safetensors'))
      .digest('hex')
    const from = { model: join(folder, 'old', 'model.safetensors'), sha256 }
    const config = await json('on', 'config.json')
    expect(config).toMatchObject({ from, steps: 80, lr: 0.01, 'weight-decay': 0, validation: 0.1, patience: 100 })
    expect(config).not.toHaveProperty('flow')
    expect(config).not.toHaveProperty('preprocess')
    expect((await json('on', 'run.json')).from).toEqual(from)
    expect((await cli('show on')).stdout).toContain(`trained on from ${from.model} (SHA-256 ${sha256})`)
  })

  test('is repeated by its config to the byte, on other threads too, and with what was taken away', async () => {
    await done('new.csv --from old/model.safetensors --steps 20 --set average=none,clip=none --out less')
    const { lr, set } = await json('less', 'config.json')
    // A tenth of what is chosen for a new flow.
    expect(lr).toBe(4e-4)
    expect(set).not.toHaveProperty('average')
    for (const [run, threads] of [
      ['on', 3],
      ['less', 1],
    ]) {
      await done(`--config ${run}/config.json --threads ${threads} --out ${run}-${threads}`)
      for (const file of ['model.safetensors', 'metrics.jsonl', 'samples.csv']) {
        expect(Buffer.compare(await read(`${run}-${threads}`, file), await read(`${run}`, file)), file).toBe(0)
      }
    }
    expect((await json('less-1', 'config.json')).set).toEqual(set)
  })

  test('refuses to repeat a run whose model has become another, and leaves nothing', async () => {
    await done('new.csv --from old --steps 3 --out first')
    await done('new.csv --from first --steps 3 --out second')
    await writeFile(join(folder, 'first', 'model.safetensors'), await read('on', 'model.safetensors'))
    const { code, stderr } = await cli('train --config second/config.json --out third')
    expect(stderr).toMatch(
      /first\/model.safetensors is not the one that the run of this config began with: its SHA-256/,
    )
    expect(code).toBe(2)
    expect(await readdir(folder)).not.toContain('third')
    expect((await done('--config second/config.json --from first --out third')).stderr).toContain('Saved in third')
  })

  test('takes as many steps as a budget allows, with rows that count by their weights', async () => {
    await done('more.csv --from old --columns x,y --weights w --where g=1 --budget 1s --out weighted')
    const config = await json('weighted', 'config.json')
    expect(config.steps).toBeGreaterThan(1)
    const { data } = await json('weighted', 'run.json')
    expect(data).toMatchObject({ rows: 80, columns: ['x', 'y'] })
    expect((await loadFlow(join(folder, 'weighted'))).data.columns).toEqual(['x', 'y'])
  })

  test('takes columns without names in the order of the model', async () => {
    await done('bare.csv --from old --steps 80 --lr 0.01 --threads 2 --out bare')
    expect((await loadFlow(join(folder, 'bare'))).numbers).toEqual((await loadFlow(join(folder, 'on'))).numbers)
  })

  test('leaves frozen layers and the base as they are, and trains the others', async () => {
    const flow = '--flow realNVP --layers 4 --hidden 4 --steps 10'
    await done(`old.csv ${flow} --out four`)
    await done('new.csv --from four --steps 10 --lr 0.01 --frozen 0,2-3 --out frozen')
    const [before, after] = [await loadFlow(join(folder, 'four')), await loadFlow(join(folder, 'frozen'))]
    const { slots } = before.structure
    expect(before.structure.layers.length).toBeGreaterThanOrEqual(4)
    const part = ({ parameters }: Flow, i: number) => [...parameters.subarray(slots[i], slots[i + 1])]
    for (const i of [0, 2, 3]) expect(part(after, i)).toEqual(part(before, i))
    expect(part(after, 1)).not.toEqual(part(before, 1))
    expect((await json('frozen', 'config.json')).frozen).toEqual([0, 2, 3])
  })

  test('trains each member of an ensemble on, and is repeated', async () => {
    await done('old.csv --flow realNVP --layers 2 --hidden 4 --steps 30 --ensemble 2 --out two')
    await done('new.csv --from two --steps 30 --lr 0.005 --threads 2 --out two-on')
    const [two, on] = [await loadModel(join(folder, 'two')), await loadModel(join(folder, 'two-on'))] as Ensemble[]
    for (const m of [0, 1]) {
      const [before, after] = [two.members[m], on.members[m]]
      expect(after.seed).toBe(before.seed)
      expect(mean(after.logProb(pairs))).toBeGreaterThan(mean(before.logProb(pairs)))
    }
    await done('--config two-on/config.json --threads 0 --out two-again')
    expect(await read('two-again', 'model.safetensors')).toEqual(await read('two-on', 'model.safetensors'))
  })

  test('knows what a density is given, by name, and trains on rows of a generator', async () => {
    await done('jang --given x1 --flow realNVP --layers 2 --hidden 4 --steps 20 --out given')
    await done('moons --rows 300 --from given --steps 20 --out moved')
    const model = await loadFlow(join(folder, 'moved'))
    expect([model.dim, model.contextDim, model.data.columns]).toEqual([1, 1, ['x2', 'x1']])
    expect((await json('moved', 'run.json')).data).toMatchObject({ columns: ['x2', 'x1'], given: ['x1'] })
  })

  test.each([
    [
      'more.csv --from old',
      /more.csv has columns that the model does not know: g, w. Leave them out with --columns x,y/,
    ],
    ['renamed.csv --from old', /renamed.csv:1: no column is named "x". There are "y", "xx"/],
    ['more.csv --from old --columns x,w', /--columns names "w", but the model of --from has the columns x, y/],
    ['more.csv --from old --columns x', /--columns leaves out "y"/],
    ['jang --from old', /jang has the columns x1, x2, but the model has x, y/],
    ['new.csv --from nowhere', /There is no model at nowhere/],
    ['new.csv --from old --frozen 9', /frozen names 9; this flow has a layer 0/],
  ])('refuses %s and leaves nothing', async (args, message) => {
    const before = await readdir(folder)
    const { code, stderr } = await cli(`train ${args} --out refused`)
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
    expect(await readdir(folder)).toEqual(before)
  })
})
