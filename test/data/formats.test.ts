import { spawn } from 'node:child_process'
import { createReadStream, readFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeFlow, fit, flow, logProb, nsf, preprocess, type ReadTableOptions, readTable } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tables/${name}`, import.meta.url))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-formats-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function read(path: string, options?: ReadTableOptions) {
  const { columns, points } = await readTable(path, options)
  const { rows } = points
  const [data = new Float64Array()] = points.blocks(rows)
  points.close()
  return { columns, rows, data: [...data] }
}
const fault = (path: string, options?: ReadTableOptions) =>
  read(path, options).then(
    () => 'accepted',
    (error: Error) => `${error.name}: ${error.message.replace(/\/\S*\//g, '')}`,
  )

/** The numbers of the table that all formats hold, by another parser. */
const [names, ...lines] = readFileSync(fixture('points.csv'), 'utf8').trimEnd().split('\n')
const points = { columns: names.split(','), rows: lines.length, data: lines.join(',').split(',').map(Number) }
const unnamed = { ...points, columns: ['x1', 'x2', 'x3'] }

const named = [
  'points.csv',
  'points.csv.gz',
  'points.csv.zst',
  'points-utf16.csv',
  'points.txt',
  'points.jsonl',
  'points.json',
  'points-lists.json',
  ...['none', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4', 'groups'].map((codec) => `points-${codec}.parquet`),
  ...['uncompressed', 'lz4', 'zstd'].map((codec) => `points-${codec}.feather`),
  'points.arrow',
  'points.arrows',
  'points-fields.npy',
  'points.npz',
]
const withoutNames = ['points.npy', 'points-fortran.npy', 'points-big.npy', 'points-packed.npz']

describe('the same table comes from', () => {
  test.each(named)('%s', async (name) => {
    expect(await read(fixture(name))).toEqual(points)
  })

  test.each(withoutNames)('%s', async (name) => {
    expect(await read(fixture(name))).toEqual(unnamed)
    expect(await read(fixture(name), { header: ['x', 'y', 'n'] })).toEqual(points)
  })

  test.each([...named, ...withoutNames])('%s, some of its columns in another order', async (name) => {
    const columns = withoutNames.includes(name) ? ['x3', 'x1'] : ['n', 'x']
    const data = points.data.flatMap((_, i) => (i % 3 === 0 ? [points.data[i + 2], points.data[i]] : []))
    expect(await read(fixture(name), { columns })).toEqual({ columns, rows: points.rows, data })
  })

  test('a file of any name, and one that is packed again', async () => {
    const { stdout } = spawn('gzip', ['-c', fixture('points-snappy.parquet')])
    const packed: Buffer[] = []
    for await (const piece of stdout) packed.push(piece)
    await writeFile(join(folder, 'a.csv'), Buffer.concat(packed))
    expect(await read(join(folder, 'a.csv'))).toEqual(points)
    await copyFile(fixture('points.npz'), join(folder, 'b.txt'))
    expect(await read(join(folder, 'b.txt'))).toEqual(points)
  })

  test.each(['points.csv', 'points-utf16.csv', 'points.jsonl', 'points-zstd.parquet', 'points.arrows', 'points.npy'])(
    'standard input, of %s',
    async (name) => {
      const program = `
        import { readTable } from ${JSON.stringify(import.meta.resolve('pushforward'))}
        const { columns, points } = await readTable('-')
        const [data] = points.blocks(points.rows)
        console.log(JSON.stringify({ columns, rows: points.rows, data: [...data] }))`
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      createReadStream(fixture(name)).pipe(child.stdin)
      let text = ''
      for await (const piece of child.stdout) text += piece
      expect(JSON.parse(text)).toEqual(name.endsWith('.npy') ? unnamed : points)
    },
  )
})

test('the same table makes the same model to the byte, whatever format it comes in', async () => {
  const train = async (name: string) => {
    const { points } = await readTable(fixture(name))
    const model = flow(3, nsf(3, { layers: 2, hidden: [8] }))
    await fit(model, points, { steps: 3, preprocess: preprocess() })
    const scores = await logProb(model, points)
    const [rows] = points.blocks(points.rows)
    expect(scores).toEqual(model.logProb(rows))
    return Buffer.from(encodeFlow(model)).toString('hex')
  }
  const expected = await train('points.csv')
  for (const name of [
    'points-snappy.parquet',
    'points-lz4.feather',
    'points-fortran.npy',
    'points.npz',
    'points.json',
  ]) {
    expect(await train(name), name).toBe(expected)
  }
})

describe('logProb of a source', () => {
  test('takes out and a context, and tells how far it is', async () => {
    const { points } = await readTable(fixture('points.csv'), { columns: ['x', 'y'] })
    const { points: given } = await readTable(fixture('points.csv'), { columns: ['n'] })
    const [rows] = points.blocks(60)
    const [[...context]] = given.blocks(60)
    const model = flow(2, nsf(2, { layers: 2, hidden: [8] }), { context: 1 })
    const each = context.map((value) => [value / 1e12])
    const told: number[] = []
    const out = new Float32Array(60)
    await logProb(model, points, { context: each, out, threads: 0, onProgress: ({ rows }) => told.push(rows) })
    expect(out).toEqual(model.logProb(rows, { context: each }))
    expect(told.at(-1)).toBe(60)
    expect(await logProb(model, points, { context: [0.5] })).toEqual(model.logProb(rows, { context: [0.5] }))
  })
})

describe('types', () => {
  test('every number of a .npy file is read, in either order of bytes', async () => {
    const types = ['i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', 'f2', 'f4', 'f8']
    const columns = types.flatMap((type) => [`l${type}`, `b${type}`])
    const { data } = await read(fixture('numbers.npy'), { columns })
    const row = (i: number) => columns.map((name) => [3, name.includes('f') ? 1.5 : 2, name.includes('u') ? 0 : -7][i])
    expect(data).toEqual([0, 1, 2].flatMap(row))
    expect((await read(fixture('numbers.npy'), { columns: ['pair1', 'pair2'] })).data).toEqual([1, 2, 3, 4, 5, 6])
    expect(
      (await read(fixture('numbers.npy'), { columns: ['li1'], where: { column: 'name', value: 'äb' }, minimumRows: 1 }))
        .data,
    ).toEqual([2])
  })

  test.each(['mixed.parquet', 'mixed.feather'])('numbers of %s are read beside what is none', async (name) => {
    expect((await read(fixture(name), { columns: ['number', 'half', 'decimal'] })).data).toEqual([
      1.5,
      0.5,
      1.25,
      2.5,
      -2,
      -2.5,
      3.5,
      2 ** -24,
      3.75,
    ])
    for (const [column, value] of [
      ['kind', 'v'],
      ['truth', 'false'],
      ['text', '12'],
      ['when', '1970-01-01T00:00:00.001Z'],
    ]) {
      const options = { columns: ['number'], where: { column, value }, minimumRows: 1 }
      expect((await read(fixture(name), options)).data, column).toEqual([2.5])
    }
    const asked = (column: string) => fault(fixture(name), { columns: ['number', column] })
    expect(await asked('missing')).toBe(
      `DataError: ${name}: row 2: column "missing" is empty. Fill it in or remove the row.`,
    )
    expect(await asked('text')).toBe(
      `DataError: ${name}: row 1: column "text" has "a", not a number. Correct the cell, or leave the column out with --columns number.`,
    )
    expect(await asked('list')).toContain('row 1: column "list" has "')
    expect(await fault(fixture(name), { columns: ['text'], where: { column: 'text', value: '12' } })).toContain(
      'no column holds numbers (column "text" has "12")',
    )
  })

  test.each(['long-lz4.feather', 'long-zstd.feather'])('%s, of many blocks', async (name) => {
    const { rows, data } = await read(fixture(name))
    expect(rows).toBe(40_000)
    expect(data.findIndex((value, at) => value !== (at % 2 ? Math.floor(at / 2000) : ((at / 2) % 7) / 4))).toBe(-1)
  })
})

describe('JSON', () => {
  const json = async (text: string, options?: ReadTableOptions) => {
    await writeFile(join(folder, 'a.json'), text)
    const result = await read(join(folder, 'a.json'), options).catch((error: Error) => error.message)
    return typeof result === 'string' ? result.replace(/\/\S*\//g, '') : result
  }

  test('is rows of objects or lists, one a line or in one list', async () => {
    const table = { columns: ['a', 'b'], rows: 2, data: [1, 2, 3, 4] }
    expect(await json('{"a":1,"b":2}\n{"b":4,"a":3}')).toEqual(table)
    expect(await json('\ufeff [ {"a":1,"b":2},\n{"a":3,"b":4} ]\n')).toEqual(table)
    expect(await json('{"a":1,\n "b":2}{"a":3,"b":4}')).toEqual(table)
    const rows = { ...table, columns: ['x1', 'x2'] }
    expect(await json('[1,2]\n[3,4]')).toEqual(rows)
    expect(await json('[[1,2],[3,4]]')).toEqual(rows)
    expect(await json('[[1,2],[3,4]]', { header: ['a', 'b'] })).toEqual(table)
    expect(await json('["a","b"]\n[1,2]\n[3,4]')).toEqual(table)
    expect(await json('[{"a":"}]\\"{","b":2},{"a":null,"b":4}]', { columns: ['b'] })).toEqual({
      columns: ['b'],
      rows: 2,
      data: [2, 4],
    })
  })

  test.each([
    [
      '{"a":1,"b":2}\n{"a":3,"c":4}\n',
      'a.json:2: "c" is no name of the first row. Give all rows the same names, with null where a value is missing, or choose columns with --columns.',
    ],
    ['{"a":1,"b":2}\n{"a":3}\n', 'a.json:2: column "b" is empty. Fill it in or remove the row.'],
    [
      '[{"a":1},{"a":"2"}]',
      'a.json: row 2: column "a" has the text "2" in place of a number. Save the column as numbers or leave it out.',
    ],
    [
      '[{"a":1},{"a":1e999}]',
      'a.json: row 2: column "a" has "Infinity", which is not finite. Correct the cell or remove the row.',
    ],
    ['[[1,2],[3]]', 'a.json: row 2: 1 cell, expected 2: complete the row or remove it.'],
    ['[[1,2],{"a":3}]', 'a.json: row 2: an object among lists.'],
    ['[[1,2],[3,4]', 'a.json:1: the text ends within a row or list. Is the file whole?'],
    ['[[1,2] [3,4]]', 'a.json:1: "[" between rows; expected objects or lists, a comma between two.'],
    ['[[1,2],[3,4]],', 'a.json:1: "," between rows; expected objects or lists, a comma between two.'],
    ['{"a":1}\n{"a":x}', 'a.json:2: no JSON: Unexpected token \'x\', "{"a":x}" is not valid JSON.'],
    [
      '{"a":[1,2],"b":[3,4]}',
      'a.json:1: lists or objects under "a" and all other names; expected a row, as df.to_json(path, orient="records", lines=True) writes.',
    ],
    [
      '{"a":1,"b":true}\n',
      'a.json:1: column "b" has "true", not a number. Correct the cell, or leave the column out with --columns a.',
    ],
  ])('%j is refused', async (text, message) => {
    expect(await json(text)).toBe(message)
  })
})

describe('refused by name', () => {
  const bytes = (text: string) => Buffer.from(text, 'latin1')
  test.each([
    [
      'a.xlsx',
      bytes('PK\x05\x06'.padEnd(22, '\0')),
      'DataError: a.xlsx: a zip archive without .npy arrays (an Excel workbook is one). Save the table as CSV, Parquet or .npy.',
    ],
    [
      'a.h5',
      bytes('\x89HDF\r\n'),
      'DataError: a.h5: an HDF5 file, not a table. Save the table as CSV, Parquet or .npy.',
    ],
    [
      'a.pkl',
      bytes('\x80\x04\x95'),
      'DataError: a.pkl: a pickle, which runs code when it is loaded, not a table. Save the table as CSV, Parquet or .npy.',
    ],
    [
      'a.feather',
      bytes('FEA1'),
      'DataError: a.feather: Feather of version 1, not a table. Save it as version 2: write_feather(table, path, version=2).',
    ],
    [
      'a.png',
      bytes('\x89PNG\r\n\x1a\n'),
      'DataError: a.png: a picture, not a table. Save the table as CSV, Parquet or .npy.',
    ],
    [
      'page.csv',
      bytes('\n<!DOCTYPE html>\n<html lang="en">\n<p>Not found, 404\n</html>\n'),
      'DataError: page.csv: a web page, not a table. Download the file itself, and not the page about it.',
    ],
    [
      'a.bin',
      bytes('\x01\xf0\x00\x9f\x80'),
      'DataError: a.bin: not text, but a binary file of no known kind. Save the table as CSV, Parquet or .npy.',
    ],
    [
      'a.csv',
      Buffer.from('a,b\n1,2\n', 'utf16le'),
      'DataError: a.csv: not text: a binary file of no known kind, or UTF-16 without a byte order mark. Save it as UTF-8 text.',
    ],
  ])('%s', async (name, content, message) => {
    await writeFile(join(folder, name), content)
    expect(await fault(join(folder, name))).toBe(message)
  })

  test('options of text where there is none', async () => {
    expect(await fault(fixture('points.arrow'), { delimiter: ';' })).toBe(
      'UsageError: --delimiter is for text; points.arrow holds Arrow.',
    )
    expect(await fault(fixture('points.json'), { skipRows: 1 })).toBe(
      'UsageError: --skip-rows is for text; points.json holds JSON.',
    )
  })

  test('arrays of other shapes', async () => {
    const npy = async (header: string, size: number) => {
      const text = Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(header.length, 0)}${header}`, 'latin1')
      await writeFile(join(folder, 'a.npy'), Buffer.concat([text, Buffer.alloc(size)]))
      return fault(join(folder, 'a.npy'))
    }
    const of = (descr: string, shape: string) => `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`
    expect(await npy(of("'<f8'", '(2, 2)'), 32)).toBe('accepted')
    expect(await npy(of("'<f8'", '(2, 1, 2)'), 32)).toBe(
      'DataError: a.npy: an array of shape [2, 1, 2]; expected [rows] or [rows, columns], as array.reshape(len(array), -1) makes.',
    )
    expect(await npy(of("'<c16'", '(2,)'), 32)).toContain('"<c16" stands for complex numbers')
    expect(await npy(of("'|O'", '(2,)'), 32)).toContain(
      '"|O" stands for Python objects, which only running code can read',
    )
    expect(await npy(of("'<f8'", '(2, 3)'), 32)).toBe(
      'DataError: a.npy: a damaged .npy file: 32 bytes where an array of shape [2, 3] has 48. Save it anew with numpy.save.',
    )
    expect(await npy(of("'<f8'", '(9007199254740991, 9007199254740991)'), 32)).toContain('no numbers')
    expect(await npy(of("'<f8'", '(2, 2)'), 40)).toContain('40 bytes where')
  })
})
