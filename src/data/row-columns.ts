import type { RowBlock, RowSource } from './row-source.js'

/** Rows of two sources of equal length side by side: the columns of `left`, then those of `right`. */
export function sideBySide(left: RowSource, right: RowSource): RowSource {
  const columns = left.columns + right.columns
  return { rows: left.rows, columns, blocks: (blockRows) => pairedBlocks(left, right, blockRows) }
}

async function* pairedBlocks(left: RowSource, right: RowSource, blockRows: number): AsyncGenerator<Float64Array> {
  const columns = left.columns + right.columns
  const target = new Float64Array(Math.min(blockRows, left.rows) * columns)
  const sides = [reader(left, blockRows), reader(right, blockRows)]
  try {
    // Blocks of either side may end anywhere.
    for (let first = 0; first < left.rows; ) {
      const count = Math.min(await sides[0].ready(), await sides[1].ready())
      if (count === 0) return
      const block = target.subarray(0, count * columns)
      placeColumns(sides[0].take(count), left.columns, block, columns, 0)
      placeColumns(sides[1].take(count), right.columns, block, columns, left.columns)
      yield block
      first += count
    }
    // What a source has to say of rows too many, it says when it is asked for more.
    for (const side of sides) await side.ready()
  } finally {
    for (const side of sides) await side.close()
  }
}

/** A source's rows, of which any number that is ready can be taken. */
function reader(source: RowSource, blockRows: number) {
  const { columns } = source
  const all = source.blocks(blockRows)
  const iterator = Symbol.asyncIterator in all ? all[Symbol.asyncIterator]() : all[Symbol.iterator]()
  let block: RowBlock = new Float64Array(0)
  let at = 0
  return {
    /** How many rows there are to take; 0 behind the last. */
    async ready(): Promise<number> {
      while (at === block.length) {
        const next = await iterator.next()
        if (next.done) return 0
        block = next.value
        at = 0
      }
      return (block.length - at) / columns
    },
    take(rows: number): RowBlock {
      const taken = block.subarray(at, at + rows * columns)
      at += taken.length
      return taken
    },
    async close(): Promise<void> {
      await iterator.return?.()
    },
  }
}

/** Rows [rows, columns] into columns `at` … of wider ones. */
function placeColumns(source: RowBlock, columns: number, target: Float64Array, width: number, at: number): void {
  for (let from = 0, to = at; from < source.length; from += columns, to += width) {
    for (let j = 0; j < columns; j++) target[to + j] = source[from + j]
  }
}

/** Columns first … end − 1. */
export function placesFrom(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i)
}

/** Some columns of a source by their places, in this order; the source itself where those are all as they are. */
export function chosenColumns(source: RowSource, places: readonly number[]): RowSource {
  const { rows, columns } = source
  if (places.length === columns && places.every((place, j) => place === j)) return source
  async function* blocks(blockRows: number): AsyncGenerator<Float64Array> {
    const target = new Float64Array(Math.min(blockRows, rows) * places.length)
    for await (const block of source.blocks(blockRows)) yield takeColumns(block, columns, places, target)
  }
  return { rows, columns: places.length, blocks }
}

/** Columns of rows by their places, in this order → the beginning of the target, which is returned. */
export function takeColumns(
  rows: RowBlock,
  columns: number,
  places: readonly number[],
  target: Float64Array,
): Float64Array {
  const width = places.length
  for (let from = 0, to = 0; from < rows.length; from += columns, to += width) {
    for (let j = 0; j < width; j++) target[to + j] = rows[from + places[j]]
  }
  return target.subarray(0, (rows.length / columns) * width)
}
