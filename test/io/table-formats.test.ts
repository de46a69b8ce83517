import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parquetMetadataAsync } from 'hyparquet'
import { UsageError } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readTypedTable } from '#columns/read-typed-table.js'
import { numberColumn, type WrittenColumn } from '#columns/written-column.js'
import { readTable } from '#data/read-table.js'
import { formatOfName } from '#io/table-formats.js'
import { writeFileWhole } from '#io/write-file.js'
import { randomStream } from '#random/stream.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-formats-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** The same memory again and again, as models draw their rows. */
async function* inBlocks(values: Float64Array, length: number) {
  const room = new Float64Array(new SharedArrayBuffer(8 * length))
  for (let at = 0; at < values.length; at += length) {
    const part = values.subarray(at, at + length)
    room.set(part)
    yield room.subarray(0, part.length)
  }
}

async function write(name: string, columns: readonly WrittenColumn[], values: Float64Array, length: number) {
  const path = join(folder, name)
  const rows = values.length / columns.length
  const written = { rows, blocks: inBlocks(values, length * columns.length) }
  await writeFileWhole(path, formatOfName(path).pieces(columns, written))
  return path
}

async function readNumbers(path: string): Promise<Float64Array> {
  const { points } = await readTable(path)
  const values: number[] = []
  for (const block of points.blocks(1000)) values.push(...block)
  points.close()
  return Float64Array.from(values)
}

const bits = (values: Float64Array) => new BigUint64Array(values.slice().buffer)

const ENDINGS = ['csv', 'tsv', 'jsonl', 'ndjson', 'parquet', 'npy', 'csv.gz', 'jsonl.gz', 'CSV']

describe('a table that is written', () => {
  // Normals of all sizes, and what formats are prone to lose.
  const stream = randomStream(7, 2, 0)
  const values = Float64Array.from({ length: 3 * 1500 }, (_, i) => stream.normal() * 10 ** ((i % 40) - 20))
  values.set([0, -0, 1e21, -1e-7, 5e-324, Number.MAX_VALUE, 2 ** 53, 0.1, 1 / 3])

  test.each(ENDINGS)('reads back from .%s with the same bits', async (ending) => {
    const path = await write(`numbers.${ending}`, ['x', 'a,b', '"'].map(numberColumn), values, 700)
    expect(bits(await readNumbers(path))).toEqual(bits(values))
  })

  test.each(['csv', 'tsv', 'jsonl', 'parquet'])(
    'keeps the order of its names in .%s, whatever they are',
    async (ending) => {
      const names = ['b', 'y\tz', '"', 'a,b', 'x', 'é']
      const path = await write(`names.${ending}`, names.map(numberColumn), new Float64Array(12).fill(0.5), 2)
      expect((await readTable(path)).columns).toEqual(names)
    },
  )

  test('has its columns in their order as JSON too where their names are numbers', async () => {
    const path = await write('numbered.jsonl', ['2', '1'].map(numberColumn), Float64Array.of(0.5, 0.25), 1)
    expect(await readFile(path, 'utf8')).toBe('{"2":0.5,"1":0.25}\n')
  })

  test('is a header alone, or a matrix of no rows, where there are none', async () => {
    const columns = ['x', 'y'].map(numberColumn)
    const none = new Float64Array(0)
    expect(await readFile(await write('none.csv', columns, none, 1), 'utf8')).toBe('x,y\n')
    expect(await readFile(await write('none.npy', columns, none, 1), 'latin1')).toContain("'shape': (0, 2)")
    const parquet = await readFile(await write('none.parquet', columns, none, 1))
    const { num_rows, schema } = await parquetMetadataAsync(parquet.buffer.slice(parquet.byteOffset))
    expect([num_rows, schema.length]).toEqual([0n, 3])
  })

  test('is packed with gzip', async () => {
    const packed = await readFile(await write('packed.tsv.gz', ['x', 'y'].map(numberColumn), Float64Array.of(1, 2), 1))
    expect(gunzipSync(packed).toString()).toBe('x\ty\n1\t2\n')
  })

  test('has 0 and −0 apart in Parquet where values repeat too', async () => {
    const zeros = Float64Array.from({ length: 500 }, (_, i) => (i % 3 === 1 ? -0 : 0))
    expect(bits(await readNumbers(await write('zeros.parquet', [numberColumn('x')], zeros, 100)))).toEqual(bits(zeros))
  })

  test('is a Parquet file of several groups of rows', async () => {
    const long = Float64Array.from({ length: 2 ** 17 + 5 }, (_, i) => i / 7)
    const path = await write('long.parquet', [numberColumn('x')], long, 10_000)
    const file = await readFile(path)
    expect((await parquetMetadataAsync(file.buffer.slice(file.byteOffset))).row_groups.length).toBe(2)
    expect(bits(await readNumbers(path))).toEqual(bits(long))
  })
})

describe('columns with types', () => {
  const day = Date.UTC(2020, 1, 29) / 86_400_000
  const columns: WrittenColumn[] = [
    { name: 'n', type: 'int32' },
    { name: 'long', type: 'int64' },
    { name: 'level', type: 'text', text: (value) => ['a', 'b "c", d'][value] },
    { name: 'true', type: 'boolean', text: (value) => ['false', 'true'][value] },
    { name: 'day', type: { unit: 'day', between: 'T', zone: '' }, text: (value) => `${value}` },
    { name: 'there', type: { unit: 'minute', between: 'T', zone: '+01:30' }, text: (value) => `${value}` },
    { name: 'gap', type: 'number', gaps: true },
    { name: 'whole', type: 'int32', gaps: true },
  ]
  const row = [-7, 2 ** 40, 1, 1, day, day * 1440 + 60, Number.NaN, Number.NaN]
  const other = [2 ** 31 - 1, -1, 0, 0, day + 1, 0, 0.25, 3]

  test('are those of Parquet, and what is missing is null', async () => {
    const path = await write('typed.parquet', columns, Float64Array.from([...row, ...other]), 1)
    const bytes = await readFile(path)
    const { schema } = await parquetMetadataAsync(bytes.buffer.slice(bytes.byteOffset))
    const types = schema.slice(1).map(({ type, converted_type, logical_type, repetition_type }) => {
      return [type, logical_type?.type ?? converted_type, repetition_type].filter(Boolean).join(' ')
    })
    expect(types).toEqual([
      'INT32 REQUIRED',
      'INT64 REQUIRED',
      'BYTE_ARRAY UTF8 REQUIRED',
      'BOOLEAN REQUIRED',
      'INT64 TIMESTAMP REQUIRED',
      'INT64 TIMESTAMP REQUIRED',
      'DOUBLE OPTIONAL',
      'INT32 OPTIONAL',
    ])
    const table = await readTypedTable(path)
    const [stored] = table.points.blocks(2)
    const cells = [0, 1].map((i) => table.columns.map((column, j) => column.textOf(stored[i * 8 + j], i)))
    expect(cells).toEqual([
      // 01:00 at +01:30 is 23:30 of the day before.
      ['-7', `${2 ** 40}`, 'b "c", d', 'true', '2020-02-29T00:00:00.000Z', '2020-02-28T23:30:00.000Z', null, null],
      ['2147483647', '-1', 'a', 'false', '2020-03-01T00:00:00.000Z', '1969-12-31T22:30:00.000Z', '0.25', '3'],
    ])
  })

  test('are empty cells of text and null of JSON where they are missing', async () => {
    const some = [columns[2], columns[6], { ...columns[2], name: 'none', gaps: true }]
    const values = Float64Array.of(1, Number.NaN, Number.NaN, 0, -0, 0)
    expect(await readFile(await write('gaps.tsv', some, values, 1), 'utf8')).toBe(
      'level\tgap\tnone\n"b ""c"", d"\t\t\na\t-0\ta\n',
    )
    expect(await readFile(await write('gaps.jsonl', some, values, 1), 'utf8')).toBe(
      '{"level":"b \\"c\\", d","gap":null,"none":null}\n{"level":"a","gap":-0,"none":"a"}\n',
    )
  })

  test('are refused by .npy where they are texts', () => {
    const check = () => formatOfName('a.npy').check?.(columns, 'a.npy')
    expect(check).toThrow(UsageError)
    expect(check).toThrow('"level", "true", "day", "there" are text or dates. Write .parquet, .csv or .jsonl.')
    expect(() => formatOfName('a.npy').check?.([columns[0], columns[6]], 'a.npy')).not.toThrow()
  })
})

test.each([
  ['a.parqet', 'Did you mean .parquet?'],
  ['a.csv.zip', 'Expected .csv, .tsv'],
  ['a.json', 'Did you mean .jsonl?'],
  ['a.npy.gz', 'Expected .csv'],
  ['runs.d/a', 'has no ending'],
])('%s is no name of a format: %s', (path, message) => {
  expect(() => formatOfName(path)).toThrow(message)
  expect(() => formatOfName(path)).toThrow(UsageError)
})

test.each(['csv', 'csv.gz', 'parquet', 'npy'])(
  'nothing is left of a .%s whose rows end in an error',
  async (ending) => {
    async function* blocks() {
      yield new Float64Array(100_000)
      throw new Error('no more')
    }
    const path = join(folder, `failed.${ending}`)
    const pieces = formatOfName(path).pieces([numberColumn('x')], { rows: 200_000, blocks: blocks() })
    await expect(writeFileWhole(path, pieces)).rejects.toThrow('no more')
    expect(existsSync(path)).toBe(false)
    expect((await readdir(folder)).filter((name) => name.includes('failed'))).toEqual([])
  },
)
