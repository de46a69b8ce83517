import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Damages, Seed } from './case-of.js'
import { ANY_BYTES, type Damage } from './damage-bytes.js'
import { described, header, npyHeader, numbers, packed, sealed } from './damage-inside.js'
import { cellsChanged, jsonChanged, jsonRetyped, ofText } from './damage-text.js'
import { oneOf } from './draws.js'
import * as readings from './readings.js'

/** A kind of file, how it comes to harm, and what reads it. */
export interface Format extends Damages {
  readonly name: string
  /** All that reads it, in turn. */
  readonly readings: readonly readings.Reading[]
  /** Whether no beginning of it may be taken for all of it. */
  readonly closed: boolean
  /** Of the cases that another format gets; 1 where absent. */
  readonly share?: number
  /** What messages begin with; the path of the file where absent. */
  readonly named?: RegExp
}

const ROOT = new URL('../../test/', import.meta.url)
const bytesOf = (path: string) => readFileSync(new URL(path, ROOT))
/** What a fuzzer has found before, by the name of what it came from. */
const FOUND = readdirSync(new URL('fuzz/seeds/', ROOT))

function seeds(folder: string, ...names: string[]): Seed[] {
  const found = FOUND.filter((file) => names.some((name) => file.endsWith(`-${basename(name)}`)))
  const paths = [...names.map((name) => `${folder}/${name}`), ...found.map((file) => `fuzz/seeds/${file}`)]
  return paths.map((name) => ({ name, bytes: bytesOf(name) }))
}
const tables = (...names: string[]) => seeds('fixtures/tables', ...names)
const weighted = (...damages: readonly [times: number, damage: Damage][]) =>
  damages.flatMap(([times, damage]) => new Array<Damage>(times).fill(damage))

const tableReadings = [readings.numbersOf, readings.cellsOf]
const table = (name: string, own: Partial<Format> & Pick<Format, 'seeds'>): Format => ({
  name,
  readings: tableReadings,
  closed: true,
  damages: ANY_BYTES,
  harmless: [],
  ...own,
})

const csv = ofText(cellsChanged)
const wide = ofText(cellsChanged, 'utf16le')
const json = weighted([6, ofText(jsonChanged)], [6, ofText(jsonRetyped)], [2, csv])
const spaced = ofText((text) => text.replaceAll('": ', '":\t ').replaceAll('}, ', '},\n\n'))
const moreLines = ofText((text, draw) => text.trimEnd() + oneOf(draw, ['', '\n', '\n\n', '\n\n\n']))
const returns = ofText((text) => text.replaceAll('\n', '\r\n'))
const repacked: Damage = (bytes, draw) => gzipSync(gunzipSync(bytes), { level: 1 + draw(9) })
const npySpaces: Damage = (bytes, draw) => {
  const copy = Buffer.from(bytes)
  copy[8 + 1 + copy.readUInt16LE(8)] = draw(2) === 0 ? 0x20 : 0x0a
  return copy
}
const inHeader = weighted([4, header(jsonChanged)], [6, header(jsonRetyped)], [10, header(described)], [4, numbers])
const padded = header((text, draw) => text.replace('{', `{${' '.repeat(1 + draw(40))}`))
const run = (folder: string) =>
  new Map(
    ['run.json', 'evaluation.json', 'config.json', 'model.safetensors'].map((name) => [
      name,
      bytesOf(`fixtures/released/${folder}/run/${name}`),
    ]),
  )
const ofRun = (name: 'run.json' | 'evaluation.json' | 'config.json'): Format => ({
  name,
  seeds: seeds('fixtures/released', `v4/run/${name}`),
  readings: [readings.runOf(name, run('v4'))],
  // Each opens a model, twice.
  share: 0.2,
  closed: false,
  damages: json,
  harmless: [ofText((text) => text.replaceAll('": ', '":\t '))],
})
const released = ['v1/float32', 'v1/float64', 'v1/run/model', 'v2/given', 'v2/preprocessed', 'v4/table', 'v4/run/model']

export const FORMATS: readonly Format[] = [
  table('csv', {
    seeds: tables('points.csv', 'points.txt'),
    closed: false,
    damages: [...weighted([12, csv]), ...ANY_BYTES],
    harmless: [moreLines, returns],
  }),
  table('utf-16', {
    seeds: tables('points-utf16.csv'),
    closed: false,
    damages: [...weighted([6, wide]), ...ANY_BYTES],
  }),
  table('gzip', {
    seeds: tables('points.csv.gz'),
    damages: [...weighted([4, packed(csv)]), ...ANY_BYTES],
    harmless: [repacked],
  }),
  table('zstd', { seeds: tables('points.csv.zst') }),
  table('jsonl', {
    seeds: tables('points.jsonl'),
    closed: false,
    damages: [...json, ...ANY_BYTES],
    harmless: [spaced],
  }),
  table('json', {
    seeds: tables('points.json', 'points-lists.json'),
    damages: [...json, ...ANY_BYTES],
    harmless: [spaced],
  }),
  table('npy', {
    seeds: tables('points.npy', 'numbers.npy', 'points-fortran.npy', 'points-big.npy', 'points-fields.npy'),
    damages: [...weighted([8, npyHeader]), ...ANY_BYTES],
    harmless: [npySpaces],
  }),
  table('npz', { seeds: tables('points.npz', 'points-packed.npz') }),
  ...['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd', 'groups'].map((codec) =>
    table(`parquet-${codec}`, { seeds: tables(`points-${codec}.parquet`) }),
  ),
  table('parquet-mixed', { seeds: tables('mixed.parquet') }),
  table('arrow', { seeds: tables('points.arrow', 'points.arrows') }),
  table('feather', {
    seeds: tables(
      'points-uncompressed.feather',
      'points-lz4.feather',
      'points-zstd.feather',
      'long-lz4.feather',
      'long-zstd.feather',
      'mixed.feather',
    ),
  }),
  {
    name: 'model',
    seeds: seeds('fixtures/released', ...released.map((name) => `${name}.safetensors`)),
    readings: [readings.modelOf],
    closed: true,
    damages: [...inHeader, ...ANY_BYTES],
    harmless: [padded],
  },
  {
    name: 'ensemble',
    seeds: seeds('fixtures/released', 'v3/ensemble.safetensors', 'v4/table-ensemble.safetensors'),
    readings: [readings.modelOf],
    closed: true,
    damages: [...inHeader, ...ANY_BYTES],
    harmless: [padded],
  },
  {
    name: 'checkpoint',
    seeds: seeds('fuzz/seeds', 'checkpoint.safetensors'),
    readings: [readings.checkpointOf],
    closed: true,
    damages: [...inHeader.map(sealed), ...ANY_BYTES.map(sealed), ...ANY_BYTES],
    harmless: [sealed(padded)],
    named: /^(This|The) (checkpoint|safetensors file)|^Not a valid safetensors file/,
  },
  {
    name: 'checkpoints',
    seeds: seeds('fuzz/seeds', 'checkpoints.safetensors'),
    readings: [readings.checkpointsOf],
    closed: true,
    damages: [...inHeader.map(sealed), ...ANY_BYTES.map(sealed), ...ANY_BYTES],
    harmless: [sealed(padded)],
    named: /^This (checkpoint|safetensors file)|^Not a valid safetensors file/,
  },
  {
    name: 'config',
    seeds: seeds('fixtures/released', 'v1/run/config.json', 'v4/run/config.json'),
    readings: [readings.configOf],
    closed: false,
    damages: [...json, ...ANY_BYTES],
    harmless: [ofText((text) => text.replaceAll('": ', '":\t '))],
    named: /--|^preprocess is/,
  },
  ofRun('run.json'),
  ofRun('evaluation.json'),
  ofRun('config.json'),
]
