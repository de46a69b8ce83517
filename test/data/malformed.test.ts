import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readTable } from '#data/read-table.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pushforward-malformed-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const fixture = (name: string) => readFileSync(fileURLToPath(new URL(`../fixtures/tables/${name}`, import.meta.url)))

/** Integers below n, the same ones for the same seed. Source: Numerical Recipes, 7.1, an even quicker generator. */
function integers(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

const WORDS = [0, 1, 0x7fffffff, 0x80000000, 0x10000000, 0xfffffff0, 0xffffffff]

/** The bytes with bits turned, a word that is a hostile length, some cut out, or others of them put in. */
function damaged(bytes: Buffer, next: (n: number) => number): Buffer {
  const copy = Buffer.from(bytes)
  const at = next(bytes.length)
  const kind = next(4)
  if (kind === 0) for (let i = 0; i <= next(3); i++) copy[next(copy.length)] ^= 1 << next(8)
  if (kind === 1)
    for (const place of [at, at + 4].slice(0, 1 + next(2)))
      copy.writeUInt32LE(WORDS[next(7)], Math.min(place, copy.length - 4))
  if (kind === 2) return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + next(40))])
  if (kind === 3)
    return Buffer.concat([copy.subarray(0, at), copy.subarray(next(copy.length)).subarray(0, 8), copy.subarray(at)])
  return copy
}

/** What comes of reading bytes: undefined where they are read, or refused as they should be. */
async function outcome(bytes: Buffer): Promise<string | undefined> {
  const path = join(folder, 'table')
  writeFileSync(path, bytes)
  const before = process.memoryUsage().arrayBuffers
  try {
    const { points } = await readTable(path, { minimumRows: 0 })
    points.close()
  } catch (error) {
    const { name, message, stack } = error as Error
    if (name !== 'DataError' || !message.startsWith(path) || /undefined|NaN|\n/.test(message.replace(/"[^"]*"/g, '')))
      return stack
  }
  const grown = process.memoryUsage().arrayBuffers - before
  // A block of numbers is 1 MiB, and some files hold as much when they are unpacked.
  return grown > 2 ** 23 + 10 * bytes.length ? `${grown} bytes for a file of ${bytes.length}` : undefined
}

const FILES = [
  'points.csv',
  'points-utf16.csv',
  'points.csv.gz',
  'points.csv.zst',
  'points.txt',
  'points.jsonl',
  'points.json',
  'points-lists.json',
  'numbers.npy',
  'points-fortran.npy',
  'points.npz',
  'points-packed.npz',
  'mixed.parquet',
  'points-snappy.parquet',
  'points-groups.parquet',
  'points-zstd.parquet',
  'mixed.feather',
  'points-lz4.feather',
  'points-zstd.feather',
  'long-lz4.feather',
  'points.arrows',
  'points.arrow',
]

describe('a damaged file is refused in one sentence that names it, or read', () => {
  test.each(FILES)('%s, whatever becomes of it', async (name) => {
    const bytes = fixture(name)
    const next = integers(name.length + bytes.length)
    for (let i = 0; i < 120; i++) {
      const file = damaged(bytes, next)
      expect(await outcome(file), `case ${i}`).toBeUndefined()
    }
  })

  test.each(FILES)('%s, wherever it ends', async (name) => {
    const bytes = fixture(name)
    for (let end = 0; end < bytes.length; end += Math.max(1, Math.floor(bytes.length / 60))) {
      expect(await outcome(bytes.subarray(0, end)), `the first ${end} bytes`).toBeUndefined()
    }
  })
})

test.each([
  'numbers.npy',
  'points.npz',
  'points-packed.npz',
  'points-snappy.parquet',
  'points.arrow',
  'points.arrows',
  'points-lists.json',
  'points.csv.gz',
])('no beginning of %s is taken for all of it', async (name) => {
  const bytes = fixture(name)
  for (const end of [bytes.length - 1, bytes.length - 8, bytes.length - 40, bytes.length >> 1]) {
    writeFileSync(join(folder, 'cut'), bytes.subarray(0, end))
    await expect(readTable(join(folder, 'cut')), `${end} bytes`).rejects.toThrow()
  }
})
