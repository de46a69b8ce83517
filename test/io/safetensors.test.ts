import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors, type Tensor } from '#io/safetensors.js'

/** A file of this header and so many bytes of data, whether that is right or not. */
function file(header: string, dataBytes = 0): Uint8Array {
  const json = new TextEncoder().encode(header)
  const bytes = new Uint8Array(8 + json.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  return bytes
}

const entry = (begin: number, end: number, dtype = 'F32', shape = `[${(end - begin) / 4}]`) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`

const refusal = (bytes: Uint8Array) => {
  try {
    decodeSafetensors(bytes)
    return 'accepted'
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
}

const sample: Tensor[] = [
  { name: 'b', dtype: 'F32', shape: [2, 1], data: Float32Array.of(1.5, -2) },
  { name: '0', dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 255) },
  { name: 'a', dtype: 'F64', shape: [], data: Float64Array.of(Math.PI) },
  { name: 'none', dtype: 'I32', shape: [0, 7], data: new Int32Array(0) },
]

describe('encodeSafetensors', () => {
  test('writes length, padded header and data as the format says, tensors in the order given', () => {
    const bytes = encodeSafetensors(sample, { z: 'last', a: 'π "quoted"' })
    const header =
      '{"__metadata__":{"a":"π \\"quoted\\"","z":"last"},' +
      '"b":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"0":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},' +
      '"a":{"dtype":"F64","shape":[],"data_offsets":[11,19]},"none":{"dtype":"I32","shape":[0,7],"data_offsets":[19,19]}}'
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + length)).trimEnd()).toBe(header)
    expect((8 + length) % 8).toBe(0)
    const data = bytes.subarray(8 + length)
    expect([...data]).toEqual([0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 1, 2, 255, 0x18, 0x2d, 0x44, 0x54, 0xfb, 0x21, 9, 0x40])
  })

  test('equal content gives equal bytes, whatever the order of the metadata', () => {
    expect(encodeSafetensors(sample, { x: '1', y: '2' })).toEqual(encodeSafetensors(sample, { y: '2', x: '1' }))
  })

  test('takes views that start inside a larger buffer', () => {
    const data = Float64Array.of(1, 2, 3).subarray(1)
    const [tensor] = decodeSafetensors(encodeSafetensors([{ name: 'v', dtype: 'F64', shape: [2], data }], {})).tensors
    expect(tensor.data).toEqual(Float64Array.of(2, 3))
  })

  test('refuses reserved or repeated names and data that do not fit', () => {
    const [b] = sample
    expect(() => encodeSafetensors([b, b], {})).toThrow('The tensor name "b" is reserved or used twice.')
    expect(() => encodeSafetensors([{ ...b, name: '__metadata__' }], {})).toThrow('reserved')
    expect(() => encodeSafetensors([{ ...b, shape: [3] }], {})).toThrow(
      'Tensor "b", F32 of shape [3], needs 12 bytes; its data have 8.',
    )
  })
})

describe('decodeSafetensors', () => {
  test('gives back what was encoded, bit for bit, for any tensors and text', () => {
    const bytes = fc.uint8Array({ minLength: 8, maxLength: 64 })
    const tensor = fc.record({ name: fc.string({ unit: 'grapheme' }), kind: fc.nat(3), bytes }).map(make)
    fc.assert(
      fc.property(
        fc.uniqueArray(tensor, { selector: (t) => t.name, maxLength: 6 }),
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })),
        (tensors, metadata) => {
          const encoded = encodeSafetensors(tensors, metadata)
          const decoded = decodeSafetensors(encoded)
          expect(encodeSafetensors(decoded.tensors, decoded.metadata)).toEqual(encoded)
          expect(decoded.tensors.map((t) => [t.name, t.dtype, t.shape])).toEqual(
            tensors.map((t) => [t.name, t.dtype, t.shape]),
          )
          expect(Object.entries(decoded.metadata).sort()).toEqual(Object.entries(metadata).sort())
        },
      ),
      { seed: 1 },
    )
  })

  test('the tensors are copies, of a Node Buffer too', () => {
    const bytes = Buffer.from(encodeSafetensors(sample, {}))
    const { tensors } = decodeSafetensors(bytes)
    bytes.fill(0)
    expect(tensors).toEqual(sample)
  })

  test('reads a header of another writer: any order, spaces, padding after the JSON', () => {
    const header = `{ "b" : ${entry(4, 8)}, "a": ${entry(0, 4)}, "__metadata__": {"format": "pt"} }   `
    const { tensors, metadata } = decodeSafetensors(file(header, 8))
    expect(tensors.map((t) => t.name)).toEqual(['a', 'b'])
    expect(metadata).toEqual({ format: 'pt' })
    expect(decodeSafetensors(file('{}'))).toEqual({ tensors: [], metadata: {} })
  })

  const invalid = (reason: string) => `FormatError: Not a valid safetensors file: ${reason}.`
  test.each([
    ['too short', new Uint8Array(7), invalid("it has 7 bytes, not even a header's length")],
    [
      'cut inside the header',
      file('{"a":1}').subarray(0, 12),
      invalid('it ends inside its header of 7 bytes (cut short? Copy it anew)'),
    ],
    [
      'absurd header length',
      new Uint8Array(16).fill(255),
      invalid('it announces a header of 18446744073709552000 bytes'),
    ],
    ['an array', file('[]'), invalid('its header is not a JSON object')],
    ['a tensor that is a number', file('{"a":1}'), invalid('tensor "a" is not an object')],
    ['duplicate name', file(`{"a":${entry(0, 4)},"\\u0061":${entry(4, 8)}}`, 8), invalid('its header names "a" twice')],
    [
      'unknown element type',
      file(`{"a":${entry(0, 4, 'BF16', '[2]')}}`, 4),
      invalid('tensor "a" has an element type not known here, "BF16"'),
    ],
    [
      'negative size',
      file(`{"a":${entry(0, 4, 'F32', '[-1]')}}`, 4),
      invalid('the shape of tensor "a" is [-1], not a list of sizes'),
    ],
    [
      'no shape',
      file('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4),
      invalid('the shape of tensor "a" is missing, not a list of sizes'),
    ],
    [
      'three offsets',
      file('{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1,2]}}', 1),
      invalid('the offsets of tensor "a" are [0,1,2]'),
    ],
    [
      'offsets that do not match the shape',
      file(`{"a":${entry(0, 8, 'F32', '[3]')}}`, 8),
      invalid('tensor "a", F32 of shape [3], cannot lie in bytes 0 to 8'),
    ],
    [
      'a hole',
      file(`{"a":${entry(0, 4)},"b":${entry(8, 12)}}`, 12),
      invalid('nothing lies between byte 4 and tensor "b" at 8'),
    ],
    [
      'an overlap',
      file(`{"a":${entry(0, 8)},"b":${entry(4, 12)}}`, 12),
      invalid('tensor "b" begins at byte 4, inside the one before it, which ends at 8'),
    ],
    [
      'a hole of one byte',
      file(`{"a":${entry(0, 1, 'U8', '[1]')},"b":${entry(2, 3, 'U8', '[1]')}}`, 3),
      invalid('nothing lies between byte 1 and tensor "b" at 2'),
    ],
    [
      'a hole of one byte at the beginning',
      file(`{"a":${entry(1, 2, 'U8', '[1]')}}`, 2),
      invalid('nothing lies between byte 0 and tensor "a" at 1'),
    ],
    [
      'an overlap of one byte',
      file(`{"a":${entry(0, 2, 'U8', '[2]')},"b":${entry(1, 3, 'U8', '[2]')}}`, 3),
      invalid('tensor "b" begins at byte 1, inside the one before it, which ends at 2'),
    ],
    [
      'an empty tensor inside another',
      file(`{"a":${entry(0, 2, 'U8', '[2]')},"b":${entry(1, 1, 'U8', '[0]')}}`, 2),
      invalid('tensor "b" begins at byte 1, inside the one before it, which ends at 2'),
    ],
    ['one byte too many', file(`{"a":${entry(0, 1, 'U8', '[1]')}}`, 2), invalid('1 bytes follow the last tensor')],
    ['a byte and no tensor', file('{}', 1), invalid('1 bytes follow the last tensor')],
    [
      'data cut short',
      file(`{"a":${entry(0, 8)}}`, 7),
      invalid('tensor "a" ends at byte 8, but only 7 are there (cut short? Copy it anew)'),
    ],
    ['trailing bytes', file(`{"a":${entry(0, 4)}}`, 6), invalid('2 bytes follow the last tensor')],
    ['metadata that is a number', file('{"__metadata__":{"a":1}}'), invalid('its metadata "a" is not text')],
    ['metadata that is a list', file('{"__metadata__":[]}'), invalid('its __metadata__ is not an object')],
  ])('refuses %s', (_, bytes, message) => {
    expect(refusal(bytes)).toBe(message)
  })

  test('refuses text that is not JSON or not UTF-8', () => {
    expect(refusal(file('{"a":}'))).toMatch(/^FormatError: .* its header is not JSON text \(.+\)\.$/)
    expect(refusal(file('\ufeff{}'))).toMatch(/^FormatError: .* its header is not JSON text/)
    const notUtf8 = file('{"a":"x"}')
    notUtf8[14] = 0xff
    expect(refusal(notUtf8)).toMatch(/^FormatError: .* its header is not JSON text/)
  })

  test('refuses every truncation of a file', () => {
    const bytes = encodeSafetensors(sample, { key: 'value' })
    for (let length = 0; length < bytes.length; length++) {
      expect(refusal(bytes.subarray(0, length))).toMatch(/^FormatError: /)
    }
  })

  test('a file with any byte changed is read or refused with FormatError, nothing else', () => {
    const bytes = encodeSafetensors(sample, { key: 'value' })
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = bytes.slice()
        damaged[at] ^= change
        expect(refusal(damaged)).toMatch(/^(accepted|FormatError: Not a valid safetensors file: )/)
      }),
      { numRuns: 2000, seed: 2 },
    )
  })
})

function make({ name, kind, bytes }: { name: string; kind: number; bytes: Uint8Array }): Tensor {
  const { buffer } = bytes.slice(0, bytes.length - (bytes.length % 8))
  if (kind === 0) return { name, dtype: 'F32', shape: [2, buffer.byteLength / 8], data: new Float32Array(buffer) }
  if (kind === 1) return { name, dtype: 'F64', shape: [buffer.byteLength / 8], data: new Float64Array(buffer) }
  if (kind === 2) return { name, dtype: 'I32', shape: [buffer.byteLength / 4, 1], data: new Int32Array(buffer) }
  return { name, dtype: 'U8', shape: [1, 1, buffer.byteLength], data: new Uint8Array(buffer) }
}
