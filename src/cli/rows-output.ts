import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { WrittenColumn } from '../columns/written-column.js'
import { UsageError } from '../errors.js'
import { ENDINGS_TEXT, formatOfName, type TableFormat, type WrittenRows } from '../io/table-formats.js'
import { delimited, jsonLines } from '../io/text-rows.js'
import { writeFileWhole } from '../io/write-file.js'
import type { OptionUsage } from './arguments.js'
import { catchInterrupts, INTERRUPTED } from './interrupt.js'
import { say, writeData } from './output.js'
import { wayOut } from './run-folder.js'
import { flag, type Values } from './values.js'

/** Where rows go: to standard output, or into a file. */
export interface RowsOutput {
  readonly format: TableFormat
  /** Undefined of standard output. */
  readonly path: string | undefined
}

/** Options of every command that writes rows. */
export const OUTPUT_OPTION_TEXT: Readonly<Record<'out' | 'json', OptionUsage>> = {
  out: { placeholder: 'FILE', text: `rows into a file, by its ending ${ENDINGS_TEXT}` },
  json: { text: 'rows as JSON objects, one a line; what is not finite is null' },
}

/**
 * What --out and --json say.
 * @throws UsageError for both, an ending of no format, and a folder that is not there.
 */
export async function rowsOutput(values: Values): Promise<RowsOutput> {
  const { out: path } = values
  const json = flag(values, 'json')
  if (path === undefined) return { format: json ? jsonLines : delimited(','), path }
  if (json) throw new UsageError('--json is for standard output; with --out the ending says it: --out FILE.jsonl.')
  const format = formatOfName(path)
  await checkOutFile(path)
  return { format, path }
}

/** @throws UsageError where --out FILE is a folder, or lies in none. */
export async function checkOutFile(path: string): Promise<void> {
  const [folder, file] = await Promise.all([dirname(path), path].map((name) => stat(name).catch(() => undefined)))
  if (!folder?.isDirectory()) throw new UsageError(`--out ${path}: there is no folder ${dirname(path)}. Make it first.`)
  if (file?.isDirectory()) throw new UsageError(`--out ${path} is a folder; expected a file.`)
}

/**
 * Writes rows as they come, a file of them whole or not at all.
 * @returns the command's exit code.
 * @throws UsageError for columns that the format cannot hold; Error where the file cannot be written.
 */
export async function writeRows(
  columns: readonly WrittenColumn[],
  rows: WrittenRows,
  { format, path }: RowsOutput,
): Promise<number> {
  if (path !== undefined) return writeRowsFile(columns, rows, format, path)
  for await (const text of format.pieces(columns, rows)) await writeData(text as string)
  return 0
}

async function writeRowsFile(
  columns: readonly WrittenColumn[],
  rows: WrittenRows,
  format: TableFormat,
  path: string,
): Promise<number> {
  format.check?.(columns, path)
  const { signal, release } = catchInterrupts(() => `Stopping; ${path} is not written.`)
  async function* pieces() {
    for await (const piece of format.pieces(columns, rows)) {
      signal.throwIfAborted()
      yield piece
    }
  }
  try {
    await writeFileWhole(path, pieces())
  } catch (error) {
    if (signal.aborted && error === signal.reason) return INTERRUPTED
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw new Error(`${path} cannot be written: ${(error as Error).message}${wayOut(error)}`, { cause: error })
  } finally {
    release()
  }
  say(`${rows.rows} ${rows.rows === 1 ? 'row' : 'rows'} in ${path}.`)
  return 0
}
