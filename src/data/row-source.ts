import { UsageError } from '../errors.js'
import type { RowSet } from './row-set.js'
import { checkValues, type Matrix, type Rows, toMatrix } from './rows.js'

/** Whole rows, row-major; it may be overwritten as soon as the next one is asked for. */
export type RowBlock = Float32Array | Float64Array

/** Rows that can be gone through as often as wanted, always the same ones in the same order. */
export interface RowSource {
  readonly rows: number
  readonly columns: number
  /** All rows once, in blocks of at most `blockRows`. */
  blocks(blockRows: number): Iterable<RowBlock> | AsyncIterable<RowBlock>
}

/** Numbers in a block, about: much beside the cost of asking for it, little beside the data. */
const BLOCK_NUMBERS = 2 ** 17

/** Rows that are asked for at a time. */
export function blockRowsOf(columns: number): number {
  return Math.max(1, Math.floor(BLOCK_NUMBERS / columns))
}

/**
 * Reads points, held by the caller or coming from a source, as rows of `columns` finite numbers; `what` opens the
 * messages.
 *
 * Throws as toMatrix for what is held. A source is checked whenever it is gone through: UsageError where a block is no
 * whole number of rows or there are more or fewer than it says, DataError for a value that is not finite.
 */
export function toSource(input: Rows | RowSource, columns: number, what: string): RowSource {
  if (!isSource(input)) return matrixSource(toMatrix(input, columns, what))
  const { rows } = input
  if (input.columns !== columns) {
    throw new UsageError(`${what} has ${input.columns} columns, but this flow expects ${columns}.`)
  }
  if (!Number.isSafeInteger(rows) || rows < 0) {
    throw new UsageError(`${what} says that it has ${rows} rows; expected an integer ≥ 0.`)
  }
  return { rows, columns, blocks: (blockRows) => checkedBlocks(input, blockRows, what) }
}

/** Whether rows come from a source, and are not held. */
export function isSource(input: Rows | RowSource): input is RowSource {
  return typeof input === 'object' && input !== null && 'blocks' in input && typeof input.blocks === 'function'
}

async function* checkedBlocks(source: RowSource, blockRows: number, what: string): AsyncGenerator<RowBlock> {
  const { rows, columns } = source
  let first = 0
  const blocks = source.blocks(blockRows)
  if (!(Symbol.iterator in Object(blocks) || Symbol.asyncIterator in Object(blocks))) {
    throw new UsageError(`${what} gave no blocks to go through; expected an iterable or an async one.`)
  }
  for await (const block of blocks) {
    if (!(block instanceof Float32Array || block instanceof Float64Array)) {
      throw new UsageError(`${what} gave a block that is no Float32Array or Float64Array.`)
    }
    const count = block.length / columns
    if (!Number.isInteger(count) || count > blockRows) {
      throw new UsageError(
        `${what} gave a block of ${block.length} numbers; expected whole rows of ${columns}, ${blockRows} rows at most.`,
      )
    }
    if (first + count > rows) throw new UsageError(`${what} gave more than the ${rows} rows it says it has.`)
    checkValues({ data: block, rows: count, columns }, what, { firstRow: first })
    yield block
    first += count
  }
  if (first < rows) throw new UsageError(`${what} gave ${first} rows, but says it has ${rows}.`)
}

/** The same rows, until the signal ends a pass by throwing its reason. */
export function abortable(source: RowSource, signal: AbortSignal | undefined): RowSource {
  if (signal === undefined) return source
  const { rows, columns } = source
  async function* blocks(blockRows: number): AsyncGenerator<RowBlock> {
    for await (const block of source.blocks(blockRows)) {
      signal?.throwIfAborted()
      yield block
    }
  }
  return { rows, columns, blocks }
}

/** A matrix as a source; its blocks share the matrix's memory. */
export function matrixSource({ data, rows, columns }: Matrix): RowSource {
  return {
    rows,
    columns,
    *blocks(blockRows) {
      for (let first = 0; first < rows; first += blockRows) {
        yield data.subarray(first * columns, Math.min(rows, first + blockRows) * columns)
      }
    },
  }
}

/** The rows of a source that are in the set. */
export function chosenRows(source: RowSource, chosen: RowSet): RowSource {
  return { rows: chosen.size, columns: source.columns, blocks: (blockRows) => chosenBlocks(source, chosen, blockRows) }
}

async function* chosenBlocks(source: RowSource, chosen: RowSet, blockRows: number): AsyncGenerator<Float64Array> {
  const { columns } = source
  const room = Math.min(blockRows, chosen.size)
  const kept = new Float64Array(room * columns)
  const members = new Int32Array(Math.min(blockRows, source.rows))
  let used = 0
  let first = 0
  for await (const block of source.blocks(blockRows)) {
    const rows = block.length / columns
    const count = findMembers(chosen, first, rows, members)
    for (let at = 0; at < count; ) {
      const end = Math.min(count, at + room - used)
      gatherRows(block, columns, members.subarray(at, end), kept.subarray(used * columns))
      used += end - at
      at = end
      if (used < room) continue
      yield kept
      used = 0
    }
    first += rows
  }
  if (used > 0) yield kept.subarray(0, used * columns)
}

// Loops over rows in functions of their own: in an asynchronous one engines box every number that passes through.

/** Which of the rows first … first + rows − 1 are in the set, counted from `first`, → members; how many. */
function findMembers(chosen: RowSet, first: number, rows: number, members: Int32Array): number {
  let count = 0
  for (let row = 0; row < rows; row++) if (chosen.has(first + row)) members[count++] = row
  return count
}

function gatherRows(block: RowBlock, columns: number, rows: Int32Array, target: Float64Array): void {
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < columns; j++) target[i * columns + j] = block[rows[i] * columns + j]
  }
}
