import { describe, expect, test } from 'vitest'
import { philox, seedWords, splitWords } from '#random/philox.js'

const out = new Uint32Array(4)
const words = (...counterAndKey: [number, number, number, number, number, number]) => {
  philox(...counterAndKey, out)
  return [...out].map((w) => w.toString(16).padStart(8, '0')).join(' ')
}

/** 64-bit products by BigInt, straight from the paper's definition. */
function slowPhilox(key: bigint[], counter: bigint[]): bigint[] {
  const mask = 0xffffffffn
  let [k0, k1] = key
  let x = counter
  for (let round = 0; round < 10; round++) {
    const p0 = x[0] * 0xd2511f53n
    const p1 = x[2] * 0xcd9e8d57n
    x = [(p1 >> 32n) ^ x[1] ^ k0, p1 & mask, (p0 >> 32n) ^ x[3] ^ k1, p0 & mask]
    k0 = (k0 + 0x9e3779b9n) & mask
    k1 = (k1 + 0xbb67ae85n) & mask
  }
  return x
}

describe('philox', () => {
  test('gives the known answers of Random123 for philox4x32-10', () => {
    expect(words(0, 0, 0, 0, 0, 0)).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8')
    expect(words(-1, -1, -1, -1, -1, -1)).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd')
    expect(words(0xa4093822, 0x299f31d0, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344)).toBe(
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    )
  })

  test('equals the definition in 64-bit integers on 2000 keys and counters', () => {
    const chain = new Uint32Array([1, 2, 3, 4])
    for (let i = 0; i < 2000; i++) {
      const [a, b, c, d] = chain
      const e = (a ^ (d << 7)) >>> 0
      philox(a, b, c, d, e, i, out)
      const key = [BigInt(a), BigInt(b)]
      expect([...out].map(BigInt)).toEqual(slowPhilox(key, [BigInt(c), BigInt(d), BigInt(e), BigInt(i)]))
      chain.set(out)
    }
  })
})

describe('seeds', () => {
  test('a seed is its low and high 32 bits', () => {
    expect(seedWords(0)).toEqual([0, 0])
    expect(seedWords(0x80000000)).toEqual([0x80000000, 0])
    expect(seedWords(2 ** 53 - 1)).toEqual([0xffffffff, 0x1fffff])
    expect(splitWords(2 ** 32 + 5)).toEqual([5, 1])
  })

  test.each([-1, 0.5, NaN, Infinity, 2 ** 53])('%s is refused as a seed', (seed) => {
    expect(() => seedWords(seed)).toThrow(`The seed is ${seed}; it must be an integer from 0 to 2^53 − 1.`)
  })
})
