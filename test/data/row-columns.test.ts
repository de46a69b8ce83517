import { describe, expect, test } from 'vitest'
import { chosenColumns, sideBySide, takeColumns } from '#data/row-columns.js'
import { matrixSource, type RowSource, toSource } from '#data/row-source.js'

/** Rows [i · 10^decade …] in blocks of these sizes, again and again, all in the same memory. */
function source(rows: number, columns: number, sizes: readonly number[], offset = 0): RowSource {
  return {
    rows,
    columns,
    async *blocks(blockRows) {
      const memory = new Float64Array(blockRows * columns)
      for (let first = 0, k = 0; first < rows; k++) {
        const count = Math.min(sizes[k % sizes.length], blockRows, rows - first)
        for (let i = 0; i < count * columns; i++) memory[i] = offset + first * columns + i
        yield memory.subarray(0, count * columns)
        first += count
      }
    },
  }
}

async function rowsOf(source: RowSource, blockRows: number): Promise<number[][]> {
  const rows: number[][] = []
  for await (const block of source.blocks(blockRows)) {
    expect(block.length).toBeLessThanOrEqual(blockRows * source.columns)
    for (let at = 0; at < block.length; at += source.columns) rows.push([...block.subarray(at, at + source.columns)])
  }
  return rows
}

describe('sources side by side', () => {
  test.each([
    [[1, 2, 3], [4]],
    [[5], [5]],
    [[100], [1]],
    [
      [0, 3],
      [2, 0, 0, 7],
    ],
  ])('have the rows of both, whatever blocks they come in: %j and %j', async (left, right) => {
    const both = sideBySide(source(23, 2, left), source(23, 1, right, 1000))
    expect([both.rows, both.columns]).toEqual([23, 3])
    const expected = Array.from({ length: 23 }, (_, i) => [2 * i, 2 * i + 1, 1000 + i])
    for (const blockRows of [1, 4, 23, 500]) expect(await rowsOf(both, blockRows)).toEqual(expected)
  })

  test('say what one of them has to say of rows too many or too few', async () => {
    const said = (rows: number) => ({ ...source(20, 1, [3]), rows })
    for (const rows of [19, 21]) {
      const checked = toSource(said(rows), 1, 'Context')
      const fine = { ...source(rows, 2, [4]) }
      await expect(rowsOf(sideBySide(fine, checked), 8)).rejects.toThrow(/Context gave/)
      await expect(rowsOf(sideBySide(checked, fine), 8)).rejects.toThrow(/Context gave/)
    }
  })

  test('are both told when a pass is given up', async () => {
    let closed = 0
    const telling = (inner: RowSource): RowSource => ({
      ...inner,
      async *blocks(blockRows) {
        try {
          yield* inner.blocks(blockRows)
        } finally {
          closed++
        }
      },
    })
    for await (const _ of sideBySide(telling(source(9, 1, [2])), telling(source(9, 1, [2]))).blocks(2)) break
    expect(closed).toBe(2)
  })
})

describe('columns by their places', () => {
  const numbers = matrixSource({ data: Float64Array.from({ length: 12 }, (_, i) => i), rows: 4, columns: 3 })

  test('come in the order asked for', async () => {
    const chosen = chosenColumns(numbers, [2, 0])
    expect([chosen.rows, chosen.columns]).toEqual([4, 2])
    const expected = [
      [2, 0],
      [5, 3],
      [8, 6],
      [11, 9],
    ]
    for (const blockRows of [1, 3, 4, 100]) expect(await rowsOf(chosen, blockRows)).toEqual(expected)
  })

  test('are the source itself where nothing moves', () => {
    expect(chosenColumns(numbers, [0, 1, 2])).toBe(numbers)
    expect(chosenColumns(numbers, [0, 1])).not.toBe(numbers)
  })

  test('go to the beginning of their target', () => {
    const target = new Float64Array(5).fill(-1)
    expect([...takeColumns(Float32Array.of(1, 2, 3, 4), 2, [1], target)]).toEqual([2, 4])
    expect([...target]).toEqual([2, 4, -1, -1, -1])
  })
})
