import { inflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { encodePng } from '#report/png.js'

test('a PNG holds the indices, top row first, under the palette', () => {
  const png = Buffer.from(
    encodePng(Uint8Array.of(0, 1, 2, 2, 1, 0), 3, 2, [
      [255, 0, 0],
      [0, 255, 0],
      [1, 2, 3],
    ]),
  )
  expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a')
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    chunks.set(png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  expect([...chunks.keys()]).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND'])
  expect(chunks.get('IHDR')?.toString('hex')).toBe('00000003000000020803000000')
  expect(chunks.get('PLTE')?.toString('hex')).toBe('ff000000ff00010203')
  expect(inflateSync(chunks.get('IDAT') ?? '').toString('hex')).toBe('0000010200020100')
  // The checksum of an empty IEND chunk is the same in every PNG there is.
  expect(png.subarray(-8).toString('hex')).toBe('49454e44ae426082')
})
