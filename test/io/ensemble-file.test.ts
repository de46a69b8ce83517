import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  decodeFlow,
  decodeModel,
  Ensemble,
  encodeFlow,
  encodeModel,
  ensemble,
  Flow,
  FormatError,
  flow,
  loadFlow,
  loadModel,
  nsf,
  preprocess,
  saveFlow,
} from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fitPreprocessing } from '#data/fit-scaler.js'
import { matrixSource } from '#data/row-source.js'
import { decodeSafetensors, encodeSafetensors, type Safetensors } from '#io/safetensors.js'
import { flowsOf, gridRows, mixtureOf } from '../fixtures/ensembles.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-ensemble-'))
})
afterAll(() => rm(folder, { recursive: true }))

const rows = gridRows(50)

describe.each(['float32', 'float64'] as const)('a %s ensemble that was saved and loaded', (precision) => {
  test('has the same bits: densities, samples, and file when saved again', async () => {
    const mixture = mixtureOf(3, precision)
    const path = join(folder, `${precision}.safetensors`)
    await saveFlow(mixture, path)
    const loaded = await loadModel(path)
    expect(loaded).toBeInstanceOf(Ensemble)
    expect(loaded.logProb(rows)).toEqual(mixture.logProb(rows))
    expect(loaded.sample(50, { seed: 4 }).data).toEqual(mixture.sample(50, { seed: 4 }).data)
    expect(Buffer.compare(encodeModel(loaded), await readFile(path))).toBe(0)
  })
})

test('members keep what they are of: layers, scaler with all its steps, seed, columns, and that training diverged', async () => {
  const members = [...flowsOf(1), flow(2, nsf(2, { layers: 2, hidden: [4] }), { seed: 77 })]
  const data = Float64Array.from(gridRows(200).flat(), (value, i) => Math.exp(value / 3) + (i % 2))
  members[1].scaler = await fitPreprocessing(matrixSource({ data, rows: 200, columns: 2 }), preprocess(), undefined, 2)
  members[1].scaled = true
  members[1].training = 'diverged'
  for (const member of members) member.data = { columns: ['größe "µ"', 'b'], sha256: 'ab'.repeat(32) }
  const loaded = decodeModel(encodeModel(ensemble(members))) as Ensemble
  for (const [i, member] of loaded.members.entries()) {
    const { structure, scaler, scaled, seed, data, training } = members[i]
    expect(member.structure.description).toEqual(structure.description)
    expect(member.scaler).toEqual(scaler)
    expect([member.scaled, member.seed, member.data, member.training]).toEqual([scaled, seed, data, training])
  }
  expect(loaded.training).toBe('diverged')
})

test('the file of a flow stays what it was, whichever call writes or reads it', () => {
  const [model] = flowsOf(1)
  expect(encodeModel(model)).toEqual(encodeFlow(model))
  expect(decodeSafetensors(encodeModel(model)).metadata.formatVersion).toBe('1')
  expect(decodeModel(encodeFlow(model))).toBeInstanceOf(Flow)
})

test('every tensor lies on a multiple of the size of its elements', () => {
  const bytes = encodeModel(mixtureOf(3))
  const length = new DataView(bytes.buffer).getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
  const entries = Object.entries<{ dtype: string; data_offsets: [number, number] }>(header)
  for (const [name, { dtype, data_offsets: offsets }] of entries) {
    if (name !== '__metadata__') expect((8 + length + offsets[0]) % (dtype === 'F64' ? 8 : 4), name).toBe(0)
  }
})

test('loadFlow refuses an ensemble and says what reads it', async () => {
  const path = join(folder, 'refused.safetensors')
  await saveFlow(mixtureOf(2), path)
  await expect(loadFlow(path)).rejects.toThrow(FormatError)
  await expect(loadFlow(path)).rejects.toThrow(/holds an ensemble of 2 flows: read it with loadModel/)
})

/** The file of an ensemble of two after `change`. */
function damaged(change: (file: Safetensors) => void): Uint8Array {
  const file = decodeSafetensors(encodeModel(mixtureOf(2)))
  change(file)
  return encodeSafetensors(file.tensors, file.metadata)
}

describe('the file of an ensemble is refused', () => {
  const set =
    (key: string, text: string | undefined) =>
    ({ metadata }: Safetensors) => {
      if (text === undefined) delete metadata[key]
      else metadata[key] = text
    }
  const inFlow =
    (from: string | RegExp, to: string) =>
    ({ metadata }: Safetensors) => {
      metadata['member.1.flow'] = metadata['member.1.flow'].replaceAll(from, to)
    }
  const refusals: [what: string, message: RegExp, change: (file: Safetensors) => void][] = [
    ['without a number of members', /number of members is missing, expected 1 to 64/, set('members', undefined)],
    ['of no member', /number of members is "0"/, set('members', '0')],
    ['of too many members', /number of members is "65"/, set('members', '65')],
    ['of more than can be', /number of members is "1e9"/, set('members', '1e9')],
    ['of fewer members than it has tensors of', /"member\.1\..*" belongs to none of its members/, set('members', '1')],
    ['of a member that is not there', /Member 2 \(counted from 0\): .*"flow" is missing/, set('members', '3')],
    ['with a member without architecture', /Member 1 .*metadata "flow"/, set('member.1.flow', undefined)],
    ['with a member whose seed is none', /Member 0 .*metadata "seed" cannot/, set('member.0.seed', '-1')],
    [
      'with a width beyond all memory',
      /Member 1 .*would have 4\d+ parameters/,
      inFlow('[6]', '[1000000000,1000000000]'),
    ],
    [
      'whose members differ in their names of columns',
      /damaged. .*names of columns/,
      set('member.1.columns', '["a","b"]'),
    ],
    ['of a newer format', /format version 6, .* up to version 5: update/, set('formatVersion', '6')],
    ['under the version of a flow', /metadata "flow" is missing/, set('formatVersion', '2')],
    [
      'with a tensor of nobody',
      /tensor "member\.07\.x" belongs to none/,
      ({ tensors }) => {
        tensors.push({ name: 'member.07.x', dtype: 'F32', shape: [1], data: new Float32Array(1) })
      },
    ],
    [
      'without a tensor',
      /Member 1 \(counted from 0\): .*is missing/,
      ({ tensors }) => {
        tensors.pop()
      },
    ],
    [
      'with a parameter that is not finite',
      /Member 1 .*holds a value that is not finite/,
      ({ tensors }) => {
        tensors[tensors.length - 1].data[0] = Number.NaN
      },
    ],
  ]
  test.each(refusals)('%s', (_what, message, change) => {
    expect(() => decodeModel(damaged(change))).toThrow(FormatError)
    expect(() => decodeModel(damaged(change))).toThrow(message)
    expect(() => decodeFlow(damaged(change))).toThrow(FormatError)
  })

  test('in one line', () => {
    for (const [, , change] of refusals) {
      try {
        decodeModel(damaged(change))
      } catch (error) {
        expect((error as Error).message).not.toContain('\n')
      }
    }
  })

  test('at whatever byte it was cut off', () => {
    const whole = encodeModel(mixtureOf(2))
    for (let length = 0; length < whole.length; length += 61) {
      expect(() => decodeModel(whole.subarray(0, length))).toThrow(FormatError)
    }
  })
})
