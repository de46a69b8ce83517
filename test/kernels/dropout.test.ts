import { expect, it } from 'vitest'
import { dropout } from '#kernels/operations/dropout.js'
import { portableDropout } from '#kernels/portable/dropout.js'
import { philox } from '#random/philox.js'
import { compileFiles, type Outputs, Trial } from './compiled-alone.js'
import { LENGTHS, normals } from './inputs.js'

const simd = new Trial(await compileFiles('dropout'))
const double = new Trial(portableDropout, 'float64')

interface Draw {
  readonly seed?: number
  readonly step?: number
  readonly firstRow?: number
  readonly layer?: number
  readonly rate?: number
  readonly active?: boolean
}

const RATE = 0.25
const BELOW = 2 ** 32

function keyOf({ seed = 12345678901, step = 7, firstRow = 0, active = true }: Draw): number[] {
  const words = [seed % BELOW, Math.floor(seed / BELOW), step, firstRow % BELOW, Math.floor(firstRow / BELOW)]
  return [...words, active ? 1 : 0].map((word) => word | 0)
}

function run(trial: Trial, units: number, rows: number, draw: Draw = {}, unaligned = false): Outputs {
  const inputs = { key: keyOf(draw), layer: draw.layer ?? 3, rate: draw.rate ?? RATE, x: normals(units * rows, 1) }
  return trial.run(dropout, { units, rows }, inputs, { unaligned })
}

it.each([1, 2, 3, 4, 5, 9])('the masks of the two kernels are equal, and y = x·mask, for %d units', (units) => {
  for (const rows of LENGTHS) {
    for (const unaligned of [false, true]) {
      const got = run(simd, units, rows, {}, unaligned)
      const expected = run(double, units, rows)
      expect(got.mask).toEqual(expected.mask.map(Math.fround))
      const x = normals(units * rows, 1)
      expect(got.y).toEqual(Float64Array.from(x, (value, i) => Math.fround(value * got.mask[i])))
    }
  }
})

it('a mask holds 0 and 1/(1 − rate) alone, as often as the rate says within 4 standard errors', () => {
  const n = 16 * 1024
  for (const rate of [0, 0.1, 0.5, 0.9]) {
    const { mask } = run(simd, 16, 1024, { rate })
    const kept = Math.fround(1 / (1 - Math.fround(rate)))
    expect(mask.every((value) => value === 0 || value === kept)).toBe(true)
    const dropped = mask.filter((value) => value === 0).length
    expect(Math.abs(dropped - rate * n)).toBeLessThanOrEqual(4 * Math.sqrt(rate * (1 - rate) * n))
  }
})

it('a row has the same mask in whatever tile it lies', () => {
  const [units, rows] = [6, 130]
  for (const firstRow of [0, 5, BELOW - 70, 3 * BELOW + 1]) {
    const whole = run(simd, units, rows, { firstRow }).mask
    for (const cut of [1, 3, 4, 64, 127]) {
      const tiles = [run(simd, units, cut, { firstRow }), run(simd, units, rows - cut, { firstRow: firstRow + cut })]
      for (let u = 0; u < units; u++) {
        const joined = [
          ...tiles[0].mask.subarray(u * cut, (u + 1) * cut),
          ...tiles[1].mask.subarray(u * (rows - cut), (u + 1) * (rows - cut)),
        ]
        expect(joined).toEqual([...whole.subarray(u * rows, (u + 1) * rows)])
      }
    }
    expect(run(double, units, rows, { firstRow }).mask.map(Math.fround)).toEqual(whole)
  }
})

it('rows 2³² apart, units, layers, steps and seeds have masks that agree as often as independent ones', () => {
  const n = 8 * 512
  const masks = [
    {},
    { step: 8 },
    { step: 8 + 2 ** 16 },
    { layer: 4 },
    { layer: 3 + 256 },
    { seed: 12345678902 },
    { seed: 12345678901 + BELOW },
    { firstRow: BELOW },
    { firstRow: 512 },
  ].map((draw) => run(simd, 8, 512, { ...draw, rate: 0.5 }).mask)
  const units = Array.from({ length: 8 }, (_, u) => masks[0].subarray(512 * u, 512 * (u + 1)))
  for (const group of [masks, units]) {
    for (const [i, one] of group.entries()) {
      for (const other of group.slice(i + 1)) {
        const equal = one.filter((value, t) => value === other[t]).length
        expect(Math.abs(equal - one.length / 2)).toBeLessThan(4.5 * Math.sqrt(one.length / 4))
      }
    }
  }
  expect(masks[0].length).toBe(n)
})

it('unit u of a row has word u mod 4 of the block (row, step, purpose + 256·layer, ⌊u/4⌋ + 2¹⁶·row high)', () => {
  const words = new Uint32Array(4)
  const { mask } = run(simd, 7, 3, { firstRow: 2 * BELOW + 11, step: 9, layer: 5, rate: 0.5 })
  for (let t = 0; t < 3; t++) {
    for (let u = 0; u < 7; u++) {
      philox(12345678901 % BELOW, Math.floor(12345678901 / BELOW), 11 + t, 9, 6 + 5 * 256, (u >> 2) + 2 * 65536, words)
      expect(mask[u * 3 + t]).toBe(words[u & 3] < 2 ** 31 ? 0 : 2)
    }
  }
})

it('masks nothing where the key is not active, and gives the same bits in place', () => {
  const { y, mask } = run(simd, 5, 131, { active: false })
  expect(mask).toEqual(new Float64Array(5 * 131).fill(1))
  expect(y).toEqual(Float64Array.from(normals(5 * 131, 1)))
  const inputs = { key: keyOf({}), layer: 3, rate: RATE, x: normals(5 * 131, 1) }
  const counts = { units: 5, rows: 131 }
  expect(simd.run(dropout, counts, inputs, { same: { y: 'x' } })).toEqual(simd.run(dropout, counts, inputs))
})
