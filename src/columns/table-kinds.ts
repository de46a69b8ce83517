import { unitsWay } from '../data/number-rows.js'
import { sampleRows, sortedColumn } from '../data/row-sample.js'
import { blockRowsOf } from '../data/row-source.js'
import { listed } from '../data/wording.js'
import { DataError, UsageError } from '../errors.js'
import { kindAs, parseKind } from './asked-kind.js'
import { detectKind, type FoundKind } from './detect-kind.js'
import type { CodedColumn, ColumnKind, TableCodec } from './kinds.js'
import { MOST_LEVELS, type TableColumn } from './table-column.js'
import { hasGaps } from './table-values.js'
import type { TypedTable } from './typed-table.js'

/** What is said of columns, before the rest is found out. */
export interface ColumnsOptions {
  /** What columns are said to be, by their names: `{ age: 'integer', share: 'bounded(0,1)' }`; the others are found out. */
  readonly kinds?: Readonly<Record<string, string>>
  /** What all the others are. */
  readonly all?: string
  /** Names of the columns that the others are to be given. */
  readonly given?: readonly string[]
  /** Columns that are no part of the model. */
  readonly beside?: readonly string[]
  /** Of the uniform numbers that rounded values are spread by; default 0. */
  readonly seed?: number
  /** What becomes of rows with a cell that is missing: they are left out (default), or it is modelled which cells are ('model'). */
  readonly missing?: 'drop' | 'model'
}

/** A column and what it was taken for. */
export interface FoundColumn {
  readonly name: string
  readonly found: FoundKind
  readonly given: boolean
}

/** What the columns of a table were taken for, and how their rows become rows of a flow. */
export interface FoundColumns {
  /** All columns, in the order of the table. */
  readonly columns: readonly FoundColumn[]
  readonly codec: TableCodec
}

/**
 * Finds out what the columns of a table are (`detectKind` has the rule), but for those that are said to be something.
 * @throws UsageError for what a column cannot be, or where none is left; DataError for a column whose cells are of several
 *   sorts.
 */
export async function columnsOf(table: TypedTable, options: ColumnsOptions = {}): Promise<FoundColumns> {
  const { kinds = {}, all, given = [], beside = [], seed = 0, missing = 'drop' } = options
  checkUnits(table)
  const sample = await sampleRows(table.points)
  const columns: FoundColumn[] = []
  const kept: CodedColumn[] = []
  for (const [j, column] of table.columns.entries()) {
    const { name } = column
    if (beside.includes(name)) continue
    const text = Object.hasOwn(kinds, name) ? kinds[name] : all
    const asked = text === undefined ? undefined : parseKind(text, `The kind of column ${JSON.stringify(name)}`)
    const ascending = sortedColumn(sample, j)
    const gap = ascending.findIndex(Number.isNaN)
    const sorted = gap < 0 ? ascending : ascending.subarray(0, gap)
    const isMixed = asked === undefined && column.mixed !== undefined
    const texts = asked?.kind === 'category' || isMixed ? await textsOf(table, j) : new Map<string, number>()
    const own = given.includes(name)
    const found = asked
      ? kindAs(column, asked, sorted, texts)
      : detectKind(column, sorted, { cells: table.rows - column.missing - column.fills, texts })
    const kind = own && asked?.kind !== 'drop' ? asGiven(found, column) : found
    columns.push({ name, found: kind, given: own })
    if (kind.kind === 'drop') continue
    const gaps = missing === 'model' && hasGaps(column)
    kept.push({ name, kind, ...(gaps && { missing: own ? middleOf(table, j, kind, sorted) : true }) })
  }
  const lost = columns.find(({ given, found }) => given && found.kind === 'drop')
  if (lost?.found.kind === 'drop') {
    throw new UsageError(
      `--given names ${JSON.stringify(lost.name)}, which is left out (${lost.found.why}); --column says what it is.`,
    )
  }
  if (!kept.some(({ name }) => !given.includes(name))) {
    throw new DataError(`${table.source}: no column is left to model: ${leftOutText(columns)}.`)
  }
  return { columns, codec: { columns: kept, given, seed } }
}

function leftOutText(columns: readonly FoundColumn[]): string {
  const whys = columns.map(({ name, found, given }) => {
    const why = given ? 'given' : found.kind === 'drop' ? found.why : ''
    return `${JSON.stringify(name)} (${why})`
  })
  return listed(whys, (text) => text)
}

/** Throws DataError where the first row holds text and all others numbers: units, as it seems. */
function checkUnits({ columns, header, rows }: TypedTable): void {
  const first = columns.find(({ firstText }) => firstText?.row === 0)?.firstText
  if (header === undefined || first === undefined || rows < 2) return
  const unit = ({ firstText, texts, sort, missing }: TableColumn) =>
    firstText === undefined
      ? sort === undefined || missing > 0
      : firstText.row === 0 && texts === 1 && missing < rows - 1
  if (!columns.every(unit)) return
  throw new DataError(
    `${first.place}: no numbers below the header, but in the row after it (${JSON.stringify(first.text)}): units? ${unitsWay(first.place, header)}`,
  )
}

/** Numbers that others are given need no kind. */
function asGiven(found: FoundKind, { sort, mixed }: TableColumn): FoundKind {
  if (sort !== 'number' || mixed || found.kind === 'category' || found.kind === 'circular') return found
  return { kind: 'continuous' }
}

/** What stands for cells of a given column that are missing: the median, rounded to a value that is there, or the commonest level. */
function middleOf({ columns }: TypedTable, j: number, kind: ColumnKind, sorted: Float64Array): number {
  if (kind.kind !== 'category') return sorted[Math.floor(sorted.length / 2)]
  const counts = kind.levels.map(() => 0)
  for (const stored of sorted) counts[kind.levels.indexOf(columns[j].textOf(stored, 0) ?? '')]++
  return counts.indexOf(Math.max(...counts))
}

/** How often each of the different texts of a column is there, as they are written, until they are too many for any category. */
async function textsOf({ points, columns }: TypedTable, j: number): Promise<Map<string, number>> {
  const column = columns[j]
  const texts = new Map<string, number>()
  let row = 0
  for (const block of points.blocks(blockRowsOf(points.columns))) {
    for (let at = j; at < block.length; at += points.columns) {
      const text = column.textOf(block[at], row++)
      if (text !== null) texts.set(text, (texts.get(text) ?? 0) + 1)
      if (texts.size > MOST_LEVELS) return texts
    }
  }
  return texts
}
