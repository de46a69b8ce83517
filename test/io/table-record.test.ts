import { decodeModel, encodeModel, ensemble, type Flow, flow, leakyReLU } from 'pushforward'
import { describe, expect, test } from 'vitest'
import type { TableCodec } from '#columns/kinds.js'
import { decodeSafetensors, encodeSafetensors } from '#io/safetensors.js'

const table: TableCodec = {
  columns: [
    { name: 'species', kind: { kind: 'category', levels: ['Adelie', 'Gentoo', '=; "quoted"\n'] } },
    { name: 'mass', kind: { kind: 'integer', low: 2700, high: 6300, step: 25, decimals: 0 } },
  ],
  given: ['species'],
  seed: 4,
}
const columns = ['mass', 'species=Gentoo', 'species==; "quoted"\n']

function known(): Flow {
  const model = flow(1, [leakyReLU()], { context: 2, seed: 1 })
  model.data = { columns, sha256: undefined, table }
  return model
}

/** The bytes of its file with other metadata. */
function changed(change: (metadata: Record<string, string>) => void): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(encodeModel(known()))
  const texts: Record<string, string> = { ...metadata }
  change(texts)
  return encodeSafetensors(tensors, texts)
}

describe('the file of a model that knows a table', () => {
  test('is of version 4, which readers of numbers alone refuse, and comes back whole', () => {
    const bytes = encodeModel(known())
    expect(decodeSafetensors(bytes).metadata.formatVersion).toBe('4')
    const model = decodeModel(bytes)
    expect(model.data).toEqual({ columns, sha256: undefined, table })
    expect(encodeModel(model)).toEqual(bytes)
  })

  test('is of version 5 where cells may be missing, and says since which pushforward that is read', () => {
    const gaps = {
      ...table,
      columns: table.columns.map((column, j) => ({ ...column, missing: j === 0 ? 2 : true }) as const),
    }
    const model = flow(2, [leakyReLU()], { context: 3, seed: 1 })
    const names = ['mass', 'mass missing', ...columns.slice(1), 'species missing']
    model.data = { columns: names, sha256: undefined, table: gaps }
    for (const known of [model, ensemble([model, model])]) {
      const bytes = encodeModel(known)
      expect(decodeSafetensors(bytes).metadata).toMatchObject({ formatVersion: '5', since: '0.2.0' })
      expect(decodeModel(bytes).data.table).toEqual(gaps)
    }
  })

  test('of an ensemble likewise, whose members must know the same', () => {
    const bytes = encodeModel(ensemble([known(), known()]))
    expect(decodeSafetensors(bytes).metadata).toMatchObject({ formatVersion: '4', members: '2' })
    expect(decodeModel(bytes).data.table).toEqual(table)
    const other = known()
    other.data = { ...other.data, table: { ...table, seed: 5 } }
    expect(() => ensemble([known(), other])).toThrow(/member 1 .* has kinds of columns/)
  })

  test.each<[string, RegExp, (metadata: Record<string, string>) => void]>([
    ['that is no JSON', /metadata "table" cannot be used/, (texts) => (texts.table = '{')],
    [
      'that says of a modelled column what stands for a missing cell',
      /metadata "table" cannot be used \(.*missing: true of columns that are modelled/,
      (texts) => (texts.table = texts.table.replace('"name":"mass"', '"name":"mass","missing":3000')),
    ],
    [
      'that has a level that there is not stand for a missing cell',
      /metadata "table" cannot be used \(.*missing/,
      (texts) => (texts.table = texts.table.replace('"name":"species"', '"name":"species","missing":3')),
    ],
    ['that is none', /metadata "table" cannot be used/, (texts) => (texts.table = '[]')],
    [
      'of an unknown kind',
      /metadata "table" cannot be used/,
      (texts) => (texts.table = texts.table.replace('integer', 'magic')),
    ],
    [
      'of other columns than the flow',
      /columns of its table are not those/,
      (texts) => (texts.table = texts.table.replace('"mass"', '"size"')),
    ],
    [
      'of more columns',
      /columns of its table are not those/,
      (texts) => (texts.table = texts.table.replace('"Gentoo"', '"Gentoo","more"')),
    ],
    ['without the names of its columns', /columns of its table are not those/, (texts) => delete texts.columns],
  ])('is refused with a table %s', (_, message, change) => {
    expect(() => decodeModel(changed(change))).toThrow(message)
  })
})
