import { diagonalNormal, fit, flow, leakyReLU, preprocess } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { encodedRows } from '#columns/encoded-rows.js'
import type { ColumnKind } from '#columns/kinds.js'
import { RowCodec } from '#columns/table-codec.js'
import { columnsOf } from '#columns/table-kinds.js'
import { tableValues } from '#columns/table-values.js'
import { parseTypedTable } from '#columns/typed-table.js'
import { scoredValues } from '#predict/score-values.js'
import { randomStream } from '#random/stream.js'

/** ln p of values under a standard normal in as many columns as there are kinds. */
async function scores(kinds: readonly ColumnKind[], values: readonly number[], seed = 0): Promise<number[]> {
  const codec = new RowCodec({ columns: kinds.map((kind, j) => ({ name: `c${j}`, kind })), given: [], seed })
  const model = flow(kinds.length, [], { base: diagonalNormal() })
  model.parameters.fill(0)
  const rows = values.length / kinds.length
  const source = { rows, columns: kinds.length, blocks: () => [Float64Array.from(values)] }
  const out: number[] = []
  for await (const { logProb } of scoredValues(model, codec, source, { threads: 0 })) out.push(...logProb)
  return out
}

/** Φ(1) − Φ(0), Φ(2) − Φ(1), Φ(1/2) − Φ(0) from tables of the normal distribution. */
const NORMAL = { zeroToOne: 0.341344746, oneToTwo: 0.135905122, half: 0.191462461 }
const DENSITY = -0.5 * Math.log(2 * Math.PI)

describe('under a standard normal', () => {
  test('whole numbers have the mass of the intervals up to the next', async () => {
    const integer: ColumnKind = { kind: 'integer', low: -9, high: 9, step: 1, decimals: 0 }
    const [zero, one, minusOne] = await scores([integer], [0, 1, -1])
    expect(Math.exp(zero)).toBeCloseTo(NORMAL.zeroToOne, 2)
    expect(Math.exp(one)).toBeCloseTo(NORMAL.oneToTwo, 3)
    expect(minusOne).toBeCloseTo(zero, 2)
    const all = await scores(
      [integer],
      Array.from({ length: 19 }, (_, k) => k - 9),
    )
    expect(all.reduce((sum, ln) => sum + Math.exp(ln), 0)).toBeCloseTo(1, 3)
  })

  test('rounded ones likewise, by their step, and levels by their places', async () => {
    const [half] = await scores([{ kind: 'rounded', low: -4, high: 4, step: 0.5, decimals: 1 }], [0])
    expect(Math.exp(half)).toBeCloseTo(NORMAL.half, 3)
    const category = await scores([{ kind: 'category', levels: ['a', 'b'] }], [0, 1])
    expect(Math.exp(category[1])).toBeCloseTo(NORMAL.oneToTwo, 3)
  })

  test('levels by intervals of their own likewise', async () => {
    const edges = [0, 0.5, 1, 3]
    const masses = await scores([{ kind: 'category', levels: ['a', 'b', 'c'], edges }], [0, 1, 2])
    expect(Math.exp(masses[0])).toBeCloseTo(NORMAL.half, 3)
    expect(Math.exp(masses[1])).toBeCloseTo(NORMAL.zeroToOne - NORMAL.half, 3)
    // Φ(3) − Φ(1).
    expect(Math.exp(masses[2])).toBeCloseTo(0.157305356, 2)
  })

  test('numbers keep their density, and beside a whole one mass times density', async () => {
    expect((await scores([{ kind: 'continuous', decimals: 2 }], [0.5]))[0]).toBeCloseTo(DENSITY - 0.125, 6)
    const integer: ColumnKind = { kind: 'integer', low: -9, high: 9, step: 1, decimals: 0 }
    const [both] = await scores([{ kind: 'continuous' }, integer], [0.5, 0])
    expect(both).toBeCloseTo(DENSITY - 0.125 + Math.log(NORMAL.zeroToOne), 2)
  })

  test('zeros have the mass of their interval: of (1/2, 1) below 1', async () => {
    const kind: ColumnKind = { kind: 'positive', zeros: { below: 1, width: Math.LN2 } }
    const [zero, positive] = await scores([kind], [0, 1.5])
    expect(Math.exp(zero)).toBeCloseTo(NORMAL.zeroToOne - NORMAL.half, 3)
    expect(positive).toBeCloseTo(DENSITY - 1.5 ** 2 / 2, 6)
  })

  test('what is off the grid has none', async () => {
    const integer: ColumnKind = { kind: 'integer', low: 0, high: 9, step: 1, decimals: 0 }
    expect(await scores([integer], [0.5])).toEqual([Number.NEGATIVE_INFINITY])
  })

  test('on average over seeds ln P is no greater than it is', async () => {
    const integer: ColumnKind = { kind: 'integer', low: -9, high: 9, step: 3, decimals: 0 }
    const three = await Promise.all(
      Array.from({ length: 60 }, (_, seed) => scores([integer, integer, integer], [0, 0, 0], seed)),
    )
    const mean = three.reduce((sum, [ln]) => sum + ln, 0) / three.length
    // Φ(3) − Φ(0) in each column.
    const exact = 3 * Math.log(0.498650102)
    expect(mean).toBeLessThan(exact + 0.005)
    expect(mean).toBeGreaterThan(exact - 0.3)
  })
})

test('a fitted flow gives a coin the share of its heads, and nothing beyond', async () => {
  const stream = randomStream(3, 2, 0)
  const lines = Array.from({ length: 2000 }, () => (stream.uniform() < 0.3 ? 1 : 0))
  const table = parseTypedTable(`heads\n${lines.join('\n')}\n`, { source: 'coins' })
  const { codec: json } = await columnsOf(table)
  const codec = new RowCodec(json)
  const rows = encodedRows(codec, await tableValues(table, json))
  const model = flow(1, [leakyReLU()])
  await fit(model, rows, { steps: 1, preprocess: preprocess({ supports: codec.supports }), threads: 0 })
  const source = { rows: 3, columns: 1, blocks: () => [Float64Array.of(0, 1, 2)] }
  for await (const { logProb } of scoredValues(model, codec, source, { threads: 0 })) {
    const both = Math.exp(logProb[0]) + Math.exp(logProb[1])
    expect(both).toBeGreaterThan(0.9)
    expect(both).toBeLessThan(1.01)
    const share = lines.reduce((sum: number, value) => sum + value, 0) / lines.length
    expect(Math.abs(Math.exp(logProb[1]) - share)).toBeLessThan(0.05)
    expect(logProb[2]).toBe(Number.NEGATIVE_INFINITY)
  }
})

test('rows are encoded alike in blocks of any length', async () => {
  const lines = Array.from(
    { length: 500 },
    (_, i) => `${i % 7},${['a', 'b', 'c'][i % 3]},${Math.sin(i)},${i % 11 === 4 ? '' : i % 9}`,
  )
  const table = parseTypedTable(`k,l,x,m\n${lines.join('\n')}\n`)
  const { codec } = await columnsOf(table, { seed: 8 })
  const source = encodedRows(new RowCodec(codec), await tableValues(table, codec))
  expect(source.rows).toBe(454)
  const all = async (blockRows: number) => {
    const numbers: number[] = []
    for await (const block of source.blocks(blockRows)) numbers.push(...block)
    return numbers
  }
  const whole = await all(10_000)
  expect(whole).toHaveLength(454 * 4)
  for (const blockRows of [1, 7, 64]) expect(await all(blockRows)).toEqual(whole)
  // Row 5 is the sixth of the table, behind one that is left out.
  const [k, l, x, m] = whole.slice(16, 20)
  expect([Math.floor(k), Math.floor(l), x, Math.floor(m)]).toEqual([5, 2, Math.sin(5), 5])
})
