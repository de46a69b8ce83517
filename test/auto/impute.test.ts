import { columnsOf, encodeRows, imputeMissing, parseTypedTable } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { evenRows } from '#data/row-sample.js'
import { randomStream } from '#random/stream.js'

/** a and b of correlation 0.8, and for each row two uniform numbers. */
function pairs(rows: number) {
  const stream = randomStream(8, 2, 0)
  return Array.from({ length: rows }, () => {
    const a = stream.normal()
    return { a, b: 0.8 * a + 0.6 * stream.normal(), u: stream.uniform(), v: stream.uniform() }
  })
}

const KINDS = { all: 'continuous', missing: 'model' } as const

async function imputed(lines: readonly string[], threads: number) {
  const table = parseTypedTable(`a,b\n${lines.join('\n')}\n`)
  const { codec } = await columnsOf(table, KINDS)
  const { rows } = await encodeRows(table, codec)
  const whole = await imputeMissing(rows, codec, { threads })
  return evenRows(whole, whole.rows)
}

function moments(values: readonly (readonly [number, number])[]) {
  const mean = (all: readonly number[]) => all.reduce((sum, value) => sum + value, 0) / all.length
  const [ma, mb] = [mean(values.map(([a]) => a)), mean(values.map(([, b]) => b))]
  const about = (f: (a: number, b: number) => number) => mean(values.map(([a, b]) => f(a - ma, b - mb)))
  const [saa, sbb, sab] = [about((a) => a * a), about((_, b) => b * b), about((a, b) => a * b)]
  return { mean: mb, sd: Math.sqrt(sbb), correlation: sab / Math.sqrt(saa * sbb) }
}

describe('imputeMissing', () => {
  test('gives back mean, sd and correlation where b is missing by a, which rows without gaps do not have', async () => {
    const all = pairs(1000)
    // Far more often where a is great: 35 % in all.
    const isGone = ({ a, u }: (typeof all)[number]) => u < 1 / (1 + Math.exp(1 - 2 * a))
    const gone = all.filter(isGone).length
    expect(gone).toBeGreaterThan(300)
    const { data, columns } = await imputed(
      all.map((row) => `${row.a},${isGone(row) ? '' : row.b}`),
      1,
    )
    expect(columns).toBe(3)
    const truth = moments(all.map(({ a, b }) => [a, b]))
    const told = moments(all.map((_, i) => [data[3 * i], data[3 * i + 1]]))
    const whole = moments(all.filter((row) => !isGone(row)).map(({ a, b }) => [a, b]))
    // Of a third drawn by a line known by 650 rows, of sd 0.6: 0.35·0.6·√(1/350 + 1/650) = 0.014; three times that.
    expect(Math.abs(told.mean - truth.mean)).toBeLessThan(0.042)
    expect(Math.abs(told.sd - truth.sd)).toBeLessThan(0.042)
    expect(Math.abs(told.correlation - truth.correlation)).toBeLessThan(0.042)
    expect(whole.mean - truth.mean).toBeLessThan(-0.25)
    for (const [i, row] of all.entries()) {
      expect(data[3 * i]).toBe(row.a)
      if (!isGone(row)) expect(data[3 * i + 1]).toBe(row.b)
      expect(Math.floor(data[3 * i + 2])).toBe(isGone(row) ? 1 : 0)
    }
  })

  test('gives them back where a fifth of either is missing at random, the same bits on any threads', async () => {
    const all = pairs(300)
    const lines = all.map(({ a, b, u, v }) => `${u < 0.2 ? '' : a},${v < 0.2 ? 'NA' : b}`)
    const { data, columns } = await imputed(lines, 0)
    const truth = moments(all.map(({ a, b }) => [a, b]))
    const told = moments(all.map((_, i) => [data[columns * i], data[columns * i + 1]]))
    // Of a fifth drawn, of both: √2·0.2·√(1/60 + 1/240) = 0.04; three times that.
    expect(Math.abs(told.mean - truth.mean)).toBeLessThan(0.12)
    expect(Math.abs(told.correlation - truth.correlation)).toBeLessThan(0.12)
    expect((await imputed(lines, 0)).data).toEqual(data)
    expect((await imputed(lines, 2)).data).toEqual(data)
  })

  test('leaves rows as they are where nothing is missing, and refuses a column without a value', async () => {
    const table = parseTypedTable('a,b\n1.5,2\n2.5,7\n4,2.25\n')
    const { codec } = await columnsOf(table, { all: 'plain', missing: 'model' })
    expect(codec.columns).toEqual(['a', 'b'].map((name) => ({ name, kind: { kind: 'continuous' } })))
    const { rows } = await encodeRows(table, codec)
    expect(await imputeMissing(rows, codec)).toBe(rows)
    const empty = parseTypedTable('a,b\n1.5,\n2.5,\n4,\n')
    const known = { ...codec, columns: codec.columns.map((column) => ({ ...column, missing: true as const })) }
    const encoded = await encodeRows(empty, known)
    await expect(imputeMissing(encoded.rows, known)).rejects.toThrow(/Column "b" has no value among 3 .* leave it out/)
  })
})
