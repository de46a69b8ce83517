import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { dataSha256 } from '#data/sha256.js'

describe('dataSha256', () => {
  test('of 1, 2, 3.5 is what Python says of struct.pack("<3d", 1, 2, 3.5)', () => {
    expect(dataSha256({ data: Float64Array.of(1, 2, 3.5) })).toBe(
      'e7e7a60e56ae82a887d560bff71064ddb32045d4244f4c8b6c3edc09bb329cd3',
    )
  })

  test('float32 and float64 of the same values agree, views and chunk borders included', () => {
    const data = Float64Array.from({ length: 150_000 }, (_, i) => i / 8)
    const whole = createHash('sha256').update(new Uint8Array(data.buffer, 8)).digest('hex')
    expect(dataSha256({ data: data.subarray(1) })).toBe(whole)
    expect(dataSha256({ data: Float32Array.from(data).subarray(1) })).toBe(whole)
  })
})
