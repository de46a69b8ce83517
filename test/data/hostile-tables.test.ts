import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { DataError } from 'pushforward'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nearestName } from '#data/nearest-name.js'
import { readTable } from '#data/read-table.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pushforward-hostile-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const seed = (name: string) => readFileSync(fileURLToPath(new URL(`../fuzz/seeds/${name}`, import.meta.url)))

test.each<[what: string, bytes: Buffer | string, message: string]>([
  [
    'an Arrow batch that claims 67 million rows for columns of 40 thousand',
    seed('batch-of-67108864-rows-long-lz4.feather'),
    ': damaged Arrow data (a column of another length than the 67148864 rows of its batch).',
  ],
  ['Parquet without columns', seed('rows-of-no-columns-points-zstd.parquet'), ': a table without columns.'],
  ['JSON objects without names', '{}\n{}\n', ':1: a table without columns.'],
  [
    'lists within lists',
    `[[1, ${'['.repeat(1e5)}${']'.repeat(1e5)}]]`,
    ':1: lists or objects within each other, more than 64 deep; expected rows of numbers.',
  ],
  [
    'a quote that 4 MiB do not close, in some kilobytes',
    gzipSync(Buffer.from(`a,b\n1,"${'2\n'.repeat(2 ** 21)}`)),
    ':2: a quote (") is opened and never closed.',
  ],
])('%s: refused in one line', async (_, bytes, message) => {
  const path = join(folder, 'table')
  writeFileSync(path, bytes)
  await expect(readTable(path)).rejects.toThrow(new DataError(`${path}${message}`))
})

test('an escape in a name does not reach the message that quotes it', async () => {
  const path = join(folder, 'table.csv')
  writeFileSync(path, 'a\u001b[2J,b\u009b\n1,x\n2,3\n')
  await expect(readTable(path)).rejects.toThrow(
    new DataError(
      `${path}:2: column "b\\u009b" has "x", not a number. Correct the cell, or leave the column out with --columns a\\u001b[2J.`,
    ),
  )
})

test('a name of a megabyte is like no other, and found to be at once', () => {
  expect(nearestName('x'.repeat(2 ** 20), ['x'.repeat(2 ** 20 - 1), 'x'])).toBeUndefined()
  expect(nearestName('specie', ['x'.repeat(2 ** 20), 'species'])).toBe('species')
})
