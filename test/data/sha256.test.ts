import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { matrixSource } from '#data/row-source.js'
import { dataSha256 } from '#data/sha256.js'

const sha256 = (data: Float32Array | Float64Array) => dataSha256(matrixSource({ data, rows: data.length, columns: 1 }))

describe('dataSha256', () => {
  test('of 1, 2, 3.5 is what Python says of struct.pack("<3d", 1, 2, 3.5)', async () => {
    expect(await sha256(Float64Array.of(1, 2, 3.5))).toBe(
      'e7e7a60e56ae82a887d560bff71064ddb32045d4244f4c8b6c3edc09bb329cd3',
    )
  })

  test('float32 and float64 of the same values agree, views and the borders of blocks included', async () => {
    const data = Float64Array.from({ length: 150_000 }, (_, i) => i / 8)
    const whole = createHash('sha256').update(new Uint8Array(data.buffer, 8)).digest('hex')
    expect(await sha256(data.subarray(1))).toBe(whole)
    expect(await sha256(Float32Array.from(data).subarray(1))).toBe(whole)
  })
})
