import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readTable } from '#data/read-table.js'
import { withinSeconds } from '#data/time-limit.js'
import { loadUnzstd } from '#data/unzstd.js'

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
  await expect(readTable(path)).rejects.toThrow(`${path}: damaged zstd data (no end of it within 10 s).`)
})
