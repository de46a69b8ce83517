import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readTable } from '#data/read-table.js'
import { withinSeconds } from '#data/time-limit.js'
import { loadUnzstd } from '#data/unzstd.js'
import { ZstdFrames } from '#data/zstd.js'

const fixture = (name: string) => readFile(new URL(`../fixtures/tables/${name}`, import.meta.url))
const [packed, plain] = await Promise.all(['points.csv.zst', 'points.csv'].map(fixture))

/**
 * A frame whose Huffman weights are coded by a table of one symbol: each state takes 0 bits, so that a decoder that waits
 * for the end of the bits goes on for ever. (The zstd command says "Data corruption detected".)
 */
const endless = Uint8Array.from([
  ...[0x28, 0xb5, 0x2f, 0xfd],
  // One segment of 16 bytes; a last block, compressed, of 14 bytes.
  ...[0x20, 16, 0x75, 0, 0],
  // 8 literals of 10 bytes: a table of 4 bytes (32 states of one symbol, two first states of 5 bits), and nothing.
  ...[0x82, 0x80, 2, 4, 0xf0, 0x03, 0x00, 0x04, 0, 0, 0, 0, 0],
  // No sequences.
  0,
])

test('what does not end is ended', () => {
  expect(() =>
    withinSeconds(0.05, () => {
      for (;;);
    }),
  ).toThrow(new RangeError('no end of it within 0.05 s'))
  expect(withinSeconds(0.05, () => 5)).toBe(5)
})

test('errors of the work itself are its own', () => {
  const own = new TypeError('own')
  const fail = () => {
    throw own
  }
  expect(() => withinSeconds(1, fail)).toThrow(own)
})

test.each(['page', 'stream'] as const)('a frame without end, as a %s', async (way) => {
  const unzstd = await loadUnzstd(0.1)
  const unpack = way === 'page' ? () => unzstd.page(endless) : () => unzstd.stream()(endless, true)
  expect(unpack).toThrow('no end of it within 0.1 s')
})

test('a table of such a frame is refused by its name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pushforward-zstd-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'table.csv.zst')
  await writeFile(path, endless)
  await expect(readTable(path)).rejects.toThrow(`${path}: damaged zstd data (no end of it within 4 s).`)
})

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd]
/** A frame of one block of 5 zeros in one byte, behind what the header says of its size or window. */
const zeros = (...header: number[]) => Uint8Array.from([...MAGIC, ...header, (5 << 3) | 3, 0, 0, 0])
const skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]

test('frames in pieces of any size are unpacked as a whole one, and skipped ones passed over', async () => {
  const both = Uint8Array.from([...packed, ...skipped, ...packed])
  const { stream } = await loadUnzstd()
  for (const size of [1, 2, 3, 17, 100, 1000, both.length]) {
    const take = stream()
    const made: Buffer[] = []
    for (let at = 0; at < both.length; at += size) {
      made.push(...take(both.subarray(at, at + size), at + size >= both.length).map((piece) => Buffer.from(piece)))
    }
    expect(Buffer.concat(made).toString()).toBe(`${plain}${plain}`)
  }
})

test.each([
  ['a size that its blocks cannot hold', zeros(0x20, 6)],
  ['the same in eight bytes', zeros(0xe0, 6, 0, 0, 0, 1, 0, 0, 0)],
  ['a window of 2 GiB', zeros(0, 21 << 3)],
  ['a block of over 128 KiB', Uint8Array.from([...MAGIC, 0, 0, 3, 0, 0x10 | 1, 0])],
  ['the same in a second frame', Uint8Array.from([...zeros(0x20, 5), ...zeros(0x20, 6)])],
])('a frame with %s is refused before room is made for it', async (_, bytes) => {
  const message = 'a frame that claims more bytes than it can hold'
  expect(() => new ZstdFrames().push(bytes, true)).toThrow(message)
  const { page } = await loadUnzstd()
  expect(() => page(bytes)).toThrow(message)
})

test('a window is no larger than what a frame holds, where that is known', async () => {
  const wide = zeros(0, 14 << 3)
  expect([...new ZstdFrames().push(wide, true)]).toEqual([...zeros(0, 0)])
  expect(wide[5]).toBe(14 << 3)
  const { page } = await loadUnzstd()
  expect([...page(wide)]).toEqual([0, 0, 0, 0, 0])
  expect([...page(zeros(0x20, 5))]).toEqual([0, 0, 0, 0, 0])
})

test('what ends within a frame, or is none, says so', () => {
  for (let end = 1; end < packed.length; end++) {
    expect(() => new ZstdFrames().push(packed.subarray(0, end), true)).toThrow('unexpected EOF')
  }
  expect(() => new ZstdFrames().push(Buffer.from('x1,x2\n3,4\n'), true)).toThrow('invalid zstd data')
})
