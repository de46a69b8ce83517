import { describe, expect, test } from 'vitest'
import { cos, cosTurn, exp, LARGEST_ANGLE, ln, sin, sinTurn } from '#random/elementary.js'

const bits = new BigInt64Array(1)
const asDouble = new Float64Array(bits.buffer)
/** Doubles in order as integers, so that a difference counts the doubles between. */
function ordinal(x: number): bigint {
  asDouble[0] = x
  return bits[0] < 0n ? -(bits[0] & 0x7fffffffffffffffn) : bits[0]
}

function worst(own: (x: number) => number, reference: (x: number) => number, xs: Iterable<number>): number {
  let most = 0n
  for (const x of xs) {
    const difference = ordinal(own(x)) - ordinal(reference(x))
    const size = difference < 0n ? -difference : difference
    if (size > most) most = size
  }
  return Number(most)
}

function* grid(low: number, high: number, count: number): Generator<number> {
  for (let i = 0; i <= count; i++) yield low + ((high - low) * i) / count
}

/** Every exponent of float64, several mantissas each. */
function* everyExponent(): Generator<number> {
  for (let e = -1074; e <= 1023; e++) for (const m of [1, 1.1, Math.SQRT2, 1.5, 1.999]) yield m * 2 ** e
}

describe('elementary functions differ from Math by at most one double', () => {
  // Math itself may be off by one, so equality within 1 here means a true error below 2 ulp.
  test('ln on dense grids and on every exponent, subnormals included', () => {
    expect(worst(ln, Math.log, grid(1e-3, 4, 200_000))).toBeLessThanOrEqual(1)
    expect(worst(ln, Math.log, grid(1 - 1e-6, 1 + 1e-6, 20_000))).toBeLessThanOrEqual(1)
    expect(worst(ln, Math.log, everyExponent())).toBeLessThanOrEqual(1)
  })

  test('exp from −745 to 709, and near 0', () => {
    expect(worst(exp, Math.exp, grid(-745, 709.7, 200_000))).toBeLessThanOrEqual(1)
    expect(worst(exp, Math.exp, grid(-1, 1, 100_000))).toBeLessThanOrEqual(1)
  })

  test('sin and cos over the whole range', () => {
    for (const [low, high] of [
      [-7, 7],
      [-LARGEST_ANGLE, LARGEST_ANGLE],
    ]) {
      expect(worst(sin, Math.sin, grid(low, high, 200_000))).toBeLessThanOrEqual(1)
      expect(worst(cos, Math.cos, grid(low, high, 200_000))).toBeLessThanOrEqual(1)
    }
  })

  test('sin and cos next to multiples of π/2, where digits cancel', () => {
    const close: number[] = []
    for (let n = 1; n < 500_000; n += 7) close.push((n * Math.PI) / 2)
    expect(worst(sin, Math.sin, close)).toBeLessThanOrEqual(1)
    expect(worst(cos, Math.cos, close)).toBeLessThanOrEqual(1)
  })
})

describe('known values', () => {
  test.each([
    ['ln 3', ln(3), 1.0986122886681098],
    ['ln 1e-300', ln(1e-300), -690.7755278982137],
    ['exp 2', exp(2), 7.38905609893065],
    ['exp −20', exp(-20), 2.061153622438558e-9],
    ['sin 1', sin(1), 0.8414709848078965],
    ['cos 1', cos(1), 0.5403023058681398],
    ['sin 22', sin(22), -0.008851309290403876],
    ['cos 710000.5', cos(710_000.5), 0.8471017186763053],
  ])('%s is next to the double nearest to the value of mpmath at 50 digits', (_, found, nearest) => {
    expect(
      worst(
        () => found,
        () => nearest,
        [0],
      ),
    ).toBeLessThanOrEqual(1)
  })

  test('edges: 0, infinities, NaN, overflow and underflow', () => {
    expect([ln(0), ln(1), ln(Infinity), ln(-1), ln(NaN)]).toEqual([-Infinity, 0, Infinity, NaN, NaN])
    expect([exp(0), exp(-Infinity), exp(Infinity), exp(710), exp(-746), exp(NaN)]).toEqual([
      1,
      0,
      Infinity,
      Infinity,
      0,
      NaN,
    ])
    expect([exp(-745), ln(5e-324)]).toEqual([5e-324, -744.4400719213812])
    expect([sin(0), cos(0), sin(1e6), cos(-1e6), sin(Infinity), cos(NaN)]).toEqual([0, 1, NaN, NaN, NaN, NaN])
  })

  test('turns hit the quarters exactly', () => {
    expect([0, 0.25, 0.5, 0.75].map(cosTurn).map((v) => v + 0)).toEqual([1, 0, -1, 0])
    expect([0, 0.25, 0.5, 0.75].map(sinTurn).map((v) => v + 0)).toEqual([0, 1, 0, -1])
  })

  test('sinTurn² + cosTurn² is 1 within 2^−51, and both follow Math to 1e-15', () => {
    let [norm, difference] = [0, 0]
    for (const u of grid(0, 1 - 2 ** -53, 50_000)) {
      const [s, c, angle] = [sinTurn(u), cosTurn(u), 2 * Math.PI * u]
      norm = Math.max(norm, Math.abs(s * s + c * c - 1))
      difference = Math.max(difference, Math.abs(s - Math.sin(angle)), Math.abs(c - Math.cos(angle)))
    }
    expect(norm).toBeLessThan(2 ** -51)
    expect(difference).toBeLessThan(1e-15)
  })
})
