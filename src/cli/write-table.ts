import { formatValueObjects, formatValues, type ValueTexts } from '../columns/format-values.js'
import { formatHeader, formatRows, shortestFloat32, type TableNumbers } from '../data/write-table.js'
import { writeData } from './output.js'

/** Lines of JSON that go out as one piece. */
const ROWS_PER_PIECE = 256

/** Writes blocks of rows [rows, columns] to stdout as they come: CSV under a header, or one JSON object a row. */
export async function writeTable(
  columns: readonly string[],
  blocks: Iterable<TableNumbers> | AsyncIterable<TableNumbers>,
  json: boolean,
): Promise<void> {
  if (!json) await writeData(formatHeader(columns))
  for await (const block of blocks) {
    for (const text of json ? formatObjects(block, columns) : formatRows(block, columns.length)) await writeData(text)
  }
}

/** The same of values, some of which are written as texts. */
export async function writeValues(
  columns: readonly string[],
  texts: ValueTexts,
  blocks: AsyncIterable<Float64Array>,
  json: boolean,
): Promise<void> {
  if (!json) await writeData(formatHeader(columns))
  for await (const block of blocks) {
    const pieces = json ? formatValueObjects(block, columns, texts) : formatValues(block, texts)
    for (const text of pieces) await writeData(text)
  }
}

/** Rows as JSON objects, one a line; what is not finite is null. */
function* formatObjects(data: TableNumbers, columns: readonly string[]): Generator<string> {
  const value = (number: number) => (data instanceof Float32Array ? shortestFloat32(number) : number)
  const dim = columns.length
  for (let first = 0; first < data.length; first += ROWS_PER_PIECE * dim) {
    const end = Math.min(data.length, first + ROWS_PER_PIECE * dim)
    let text = ''
    for (let from = first; from < end; from += dim) {
      text += `${JSON.stringify(Object.fromEntries(columns.map((name, j) => [name, value(data[from + j])])))}\n`
    }
    yield text
  }
}
