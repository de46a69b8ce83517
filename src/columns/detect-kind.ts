// What the columns of a table are, found out from their cells.
import { cellFault, signFault } from '../data/cell.js'
import { joinNames } from '../data/column-list.js'
import { shortened } from '../data/wording.js'
import { DataError } from '../errors.js'
import type { ColumnKind } from './kinds.js'
import { gridOf, isLongTailed, isRounded, positiveOf } from './number-kinds.js'
import { MOST_LEVELS, type TableColumn } from './table-column.js'
import { categoryOf, dateOf } from './text-kinds.js'

/** What a column is taken for: a kind, or why it is left out. */
export type FoundKind = ColumnKind | { readonly kind: 'drop'; readonly why: string }

/** Cells that are text, of so many, from which on numbers among them are names too. */
const MOSTLY_TEXT = 0.5
/** Rows from which on a column that counts them is told from a few numbers that happen to do so. */
const COUNTING_ROWS = 20
/** Names of columns that name their rows. */
const NAMES_ROWS = /(^|[^a-z])(id|ids|uuid|guid|index|idx|key|row|rowid|nr|no)$/i
/** Texts of a category: so many at most, and each of them so often on average. */
const CATEGORY = { levels: 50, rowsPerLevel: 2 }
/** Zeros are values of their own where they are this share of the rows, and as many. */
const ZEROS = { share: 0.05, rows: 10 }

/**
 * The kind of a column. The rule, the first that fits:
 * - the same number or date in every row: left out;
 * - text in more than half of the cells: a category, where there are at most 50 different ones, each twice on average;
 *   otherwise left out;
 * - dates and times: a date;
 * - whole numbers that count the rows from 0 or 1, or from anywhere under a name such as id: left out;
 * - whole numbers: integer, a grid by the greatest step that they all lie on, unless it has over 50 places for each value;
 * - numbers with few decimals, a tenth of which at least repeat others: rounded, a grid likewise;
 * - numbers ≥ 0 with a long tail, at least 5 % of them 0: positive with zeros;
 * - numbers > 0 with a long tail: positive;
 * - other numbers: continuous.
 * Long is a tail where (q₉₅ − q₅₀) − (q₅₀ − q₀₅) is more than half of q₉₅ − q₀₅.
 * `cells` is how many of the table's are not missing, `texts` how often each of the different ones is
 * there, where text follows on numbers or dates.
 * @throws DataError for text among numbers, and numbers with a sign that is no digit.
 */
export function detectKind(
  column: TableColumn,
  sorted: Float64Array,
  { cells, texts }: { readonly cells: number; readonly texts: ReadonlyMap<string, number> },
): FoundKind {
  const { sort } = column
  if (sort === undefined) return { kind: 'drop', why: 'no cell holds anything' }
  checkMixed(column, cells)
  if (sort === 'text' || column.mixed) return textKind(column, cells, texts)
  const { min, max, count } = column.shape
  if (min === max && count > 1) return { kind: 'drop', why: `the same ${sort} in every row` }
  if (sort === 'date') return dateOf(column, sorted)
  const counting = countsRows(column)
  if (counting) return { kind: 'drop', why: counting }
  return numberKind(column, sorted)
}

function numberKind({ shape }: TableColumn, sorted: Float64Array): ColumnKind {
  const { decimals } = shape
  if (shape.min === shape.max) return { kind: 'continuous', decimals }
  const grid = isRounded(shape, sorted) ? gridOf(shape, sorted) : undefined
  if (grid) return grid
  const zeros = sorted.length > 0 ? shape.zeros / shape.count : 0
  const positive = sorted.subarray(sorted.findLastIndex((value) => value <= 0) + 1)
  if (shape.min < 0 || !isLongTailed(positive)) return { kind: 'continuous', decimals }
  if (shape.min > 0) return { kind: 'positive', decimals }
  return zeros >= ZEROS.share && shape.zeros >= ZEROS.rows
    ? positiveOf(shape, positive)
    : { kind: 'continuous', decimals }
}

function textKind({ levels, mixed }: TableColumn, cells: number, texts: ReadonlyMap<string, number>): FoundKind {
  const names = mixed ? texts : new Map(Array.from(levels ?? [], ([text, { count }]) => [text, count]))
  if (levels === undefined || names.size > MOST_LEVELS) {
    return { kind: 'drop', why: `over ${MOST_LEVELS} different texts` }
  }
  if (names.size === 1) return { kind: 'drop', why: 'the same text in every row' }
  if (names.size > CATEGORY.levels || names.size * CATEGORY.rowsPerLevel > cells) {
    return { kind: 'drop', why: names.size === cells ? 'another text in every row' : `${names.size} different texts` }
  }
  return categoryOf(names)
}

/** Why a column names its rows and says nothing of them, where it does. */
function countsRows({ name, shape, missing, fills }: TableColumn): string | undefined {
  if (shape.decimals !== 0 || missing + fills > 0 || shape.count < COUNTING_ROWS || !shape.ascending) return undefined
  if (shape.min === 0 || shape.min === 1 || NAMES_ROWS.test(name)) return 'counts the rows'
  return undefined
}

function checkMixed({ name, firstText, texts, sort }: TableColumn, cells: number): void {
  if (firstText === undefined || sort === 'date') return
  const { text, place } = firstText
  const title = `${place}: column ${JSON.stringify(name)}`
  const sign = signFault(text)
  if (sign !== undefined) throw new DataError(`${title} ${sign}`)
  if (texts > MOSTLY_TEXT * cells) return
  if (texts === 1) throw new DataError(`${title} ${cellFault(text)}`)
  const own = joinNames([name])
  throw new DataError(
    `${title} has ${JSON.stringify(shortened(text))} and other text in ${texts} of ${cells} cells, numbers in the others. Correct them, take all for names with --column ${own}:category, or leave the column out with --drop ${own}.`,
  )
}
