import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  decodeModel,
  encodeModel,
  ensemble,
  type Flow,
  fit,
  flow,
  maf,
  nice,
  nsf,
  preprocess,
  studentT,
  tutorial,
} from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeSafetensors } from '#io/safetensors.js'
import { pushforward } from '../cli/run.js'
import { standardNormals } from '../fixtures/normals.js'

const text = await readFile(new URL('../../docs/formats.md', import.meta.url), 'utf8')
/** What stands between backticks anywhere. */
const named = new Set([...text.matchAll(/`([^`\n]+)`/g)].map(([, name]) => name))
/** A tensor's name as the document has it: layers, columns and layers of nets by letters. */
const lettered = (name: string) =>
  name
    .replace(/^member\.\d+\./, '')
    .replace(/^layers\.\d+\.(coupling\.)?/, 'layers.i.')
    .replace(/^scaler\.knots\.\d+$/, 'scaler.knots.j')
    .replace(/\.\d+\.(weight|bias)$/, '.k.$1')

const expectNamed = (name: string) => {
  const net = /^(base\.conditioner|embedding)\.k\./.exec(name)
  expect(named, name).toContain(net ? `${net[1]}.k.weight` : name)
}

const rows = standardNormals(200, 3).map(([x, y, z]) => [x, y + x, Math.exp(z)])

async function trained(model: Flow, how: object = {}): Promise<Flow> {
  await fit(model, rows, { steps: 2, threads: 0, ...how })
  return model
}

describe('docs/formats.md names', () => {
  test('every tensor and every text of model files', async () => {
    const bent = { preprocess: preprocess({ supports: [{}, {}, { low: 0 }] }) }
    const flows = [
      await trained(flow(3, tutorial(3))),
      await trained(flow(3, nsf(3, { layers: 2 }), { base: { type: 'gaussianMixture', components: 2 } }), bent),
      await trained(flow(3, nice(3, { layers: 1 }), { base: { type: 'fullNormal' } })),
      await trained(flow(3, maf(3, { layers: 1 }), { base: studentT() })),
      flow(2, [], { base: { type: 'uniformBox' } }),
      flow(1, [], {
        context: 2,
        embedding: { hidden: [2], outputs: 2 },
        base: { type: 'diagonalNormal', conditioner: { type: 'mlp', hidden: [2] } },
      }),
    ]
    const files = [...flows.map(encodeModel), encodeModel(ensemble([flows[0], flows[0]]))]
    for (const bytes of files) {
      const { tensors, metadata } = decodeSafetensors(bytes)
      for (const { name } of tensors) expectNamed(lettered(name))
      for (const key of Object.keys(metadata)) expect(named).toContain(key.replace(/^member\.\d+\./, ''))
    }
    expect(decodeModel(files[6])).toHaveProperty('members')
  })

  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pushforward-formats-'))
    const args =
      'train jang --rows 400 --flow nsf --layers 1 --hidden 4 --steps 6 --plots on --validation 0.1 --ensemble 2 --out run'
    const { code, stderr } = await pushforward(args.split(' '), { cwd: folder })
    expect(code, stderr).toBe(0)
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('every file of a run, and the fields of run.json, evaluation.json and metrics.jsonl', async () => {
    for (const file of await readdir(join(folder, 'run'))) {
      expect(
        [...named].some((name) => name === file || name.startsWith(`${file}/`)),
        file,
      ).toBe(true)
    }
    const read = async (name: string) => readFile(join(folder, 'run', name), 'utf8')
    const [run, evaluation] = [JSON.parse(await read('run.json')), JSON.parse(await read('evaluation.json'))]
    const [line] = (await read('metrics.jsonl')).split('\n')
    const fields = [
      run,
      run.versions,
      run.machine,
      run.data,
      run.training,
      evaluation,
      evaluation.losses,
      JSON.parse(line),
    ]
    for (const field of fields.flatMap(Object.keys)) expect(named, field).toContain(field)
  })
})
