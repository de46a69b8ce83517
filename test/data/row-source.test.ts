import { describe, expect, test } from 'vitest'
import { RowSet } from '#data/row-set.js'
import { abortable, chosenRows, matrixSource, type RowBlock, type RowSource, toSource } from '#data/row-source.js'

const numbers = Float64Array.from({ length: 30 }, (_, i) => i / 8)
const matrix = { data: numbers, rows: 10, columns: 3 }

async function blocksOf(source: RowSource, blockRows: number): Promise<number[][]> {
  const blocks: number[][] = []
  for await (const block of source.blocks(blockRows)) blocks.push([...block])
  return blocks
}

/** A source of two columns that gives these blocks, whatever is asked for. */
const giving = (rows: number, ...blocks: unknown[]): RowSource => ({
  rows,
  columns: 2,
  async *blocks() {
    yield* blocks as RowBlock[]
  },
})

describe('toSource', () => {
  test.each([1, 4, 10, 99])('gives the rows of an array in blocks of %i', async (blockRows) => {
    const source = toSource(numbers, 3, 'Data')
    expect([source.rows, source.columns]).toEqual([10, 3])
    for (let pass = 0; pass < 2; pass++) {
      const blocks = await blocksOf(source, blockRows)
      expect(blocks.flat()).toEqual([...numbers])
      expect(blocks.slice(0, -1).every(({ length }) => length === 3 * blockRows)).toBe(true)
    }
  })

  test('takes another source as it is, blocks of less than was asked for too', async () => {
    const source = toSource(
      giving(3, Float32Array.of(1, 2), new Float64Array(0), Float64Array.of(3, 4, 5, 6)),
      2,
      'Data',
    )
    expect(await blocksOf(source, 2)).toEqual([[1, 2], [], [3, 4, 5, 6]])
  })

  test.each<[string, RowSource, string]>([
    [
      'a number that is not finite',
      giving(3, Float32Array.of(1, 2), Float64Array.of(3, NaN, 5, 6)),
      'Data has NaN in row 1, column 1 (counted from 0)',
    ],
    [
      'half a row',
      giving(3, Float32Array.of(1, 2, 3)),
      'Data gave a block of 3 numbers; expected whole rows of 2, 2 rows at most.',
    ],
    [
      'more than was asked for',
      giving(3, new Float32Array(6)),
      'Data gave a block of 6 numbers; expected whole rows of 2, 2 rows at most.',
    ],
    [
      'more rows than it has',
      giving(2, new Float32Array(4), new Float32Array(2)),
      'Data gave more than the 2 rows it says it has.',
    ],
    ['fewer rows than it has', giving(5, new Float32Array(4)), 'Data gave 2 rows, but says it has 5.'],
    ['numbers of another kind', giving(2, [1, 2]), 'Data gave a block that is no Float32Array or Float64Array.'],
  ])('refuses a source that gives %s', async (_, source, message) => {
    await expect(blocksOf(toSource(source, 2, 'Data'), 2)).rejects.toThrow(message)
  })

  test('refuses a source without blocks to go through', async () => {
    const source = { ...giving(2), blocks: () => 5 } as unknown as RowSource
    await expect(blocksOf(toSource(source, 2, 'Data'), 2)).rejects.toThrow('Data gave no blocks to go through')
  })

  test('refuses a source of another shape, and arrays as toMatrix does', () => {
    expect(() => toSource(giving(1), 3, 'Data')).toThrow('Data has 2 columns, but this flow expects 3.')
    expect(() => toSource(giving(1.5), 2, 'Data')).toThrow('Data says that it has 1.5 rows; expected an integer ≥ 0.')
    expect(() => toSource([[1, Infinity]], 2, 'Data')).toThrow('Data has Infinity in row 0, column 1')
  })
})

test('an abortable source ends with the reason of its signal, at the next block', async () => {
  const controller = new AbortController()
  const source = abortable(matrixSource(matrix), controller.signal)
  let rows = 0
  const pass = async () => {
    for await (const block of source.blocks(2)) {
      rows += block.length / 3
      if (rows === 4) controller.abort(new Error('enough'))
    }
  }
  await expect(pass()).rejects.toThrow('enough')
  expect(rows).toBe(4)
})

describe('chosenRows', () => {
  const chosen = RowSet.draw(10, 4, 1, 0, 0)

  test.each([1, 3, 4, 50])('gives the rows of a set in blocks of %i', async (blockRows) => {
    for (const set of [chosen, chosen.complement()]) {
      const source = chosenRows(matrixSource(matrix), set)
      const wanted = [...set].flatMap((row) => [...numbers.subarray(3 * row, 3 * row + 3)])
      expect([source.rows, source.columns]).toEqual([set.size, 3])
      for (let pass = 0; pass < 2; pass++) {
        const blocks = await blocksOf(source, blockRows)
        expect(blocks.flat()).toEqual(wanted)
        expect(blocks.slice(0, -1).every(({ length }) => length === 3 * blockRows)).toBe(true)
      }
    }
  })

  test('of chosen rows', async () => {
    const [outer, inner] = [chosen.complement(), RowSet.draw(6, 2, 3, 0, 0)]
    const rows = await blocksOf(chosenRows(chosenRows(matrixSource(matrix), outer), inner), 1)
    expect(rows.map(([first]) => (first * 8) / 3)).toEqual([...inner].map((i) => [...outer][i]))
  })
})
