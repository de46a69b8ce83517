import { printable } from '../printable.js'
import { formatDate } from './iso-dates.js'
import { type CodedColumn, type ColumnKind, isDiscrete, kindText, supportOf } from './kinds.js'
import type { TableColumn } from './table-column.js'
import type { FoundColumn, FoundColumns } from './table-kinds.js'
import type { TypedTable } from './typed-table.js'

/** Columns that are told of, at most. */
const MOST_LINES = 40
/** Names of levels that a line lists, and characters of it, at most. */
const MOST_LISTED = 36

/** A table of the columns of a table: name, kind, range, missing cells, what is done. */
export function columnsText({ columns: all }: TypedTable, { columns, codec }: FoundColumns): string[] {
  const instead = new Map(codec.columns.map((column) => [column.name, missingText(column)]))
  const byName = new Map(all.map((column) => [column.name, column]))
  const lines = columns.map((found): string[] => {
    const column = byName.get(found.name) as TableColumn
    const missing = column.missing + column.fills
    const done = doneText(found, column) + (instead.get(found.name) ?? '')
    const [name, range, told] = [found.name, rangeText(column, found), done].map(printable)
    return [name, kindWord(found), range, missing > 0 ? String(missing) : '', told]
  })
  const more = lines.length - MOST_LINES
  if (more > 0) lines.splice(MOST_LINES, more, [`and ${more} more`, '', '', '', ''])
  const header = ['column', 'kind', 'range', 'missing', 'what is done']
  // A column of the table that says nothing is left out.
  const shown = header.map((_, k) => k !== 3 || lines.some((line) => line[k] !== ''))
  const rows = [header, ...lines].map((line) => line.filter((_, k) => shown[k]))
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)))
  return rows.map((row) => `  ${row.map((cell, k) => cell.padEnd(widths[k])).join('  ')}`.trimEnd())
}

function kindWord({ found, given }: FoundColumn): string {
  if (found.kind === 'drop') return 'left out'
  const word = found.kind === 'category' && found.levels.length === 2 ? 'category of 2' : found.kind
  return given ? `given, ${word}` : word
}

function rangeText({ shape, levels }: TableColumn, { found }: FoundColumn): string {
  if (found.kind === 'category') return shortened(found.levels.join(', '))
  if (found.kind === 'date') return `${formatDate(found.low, found.format)} … ${formatDate(found.high, found.format)}`
  if (shape.count === 0) return levels === undefined ? '' : `${levels.size} texts`
  return `${short(shape.min)} … ${short(shape.max)}`
}

/** Whole numbers between which there are so few steps, and more than one, may be labels of groups. */
const FEW_STEPS = { from: 2, to: 11 }

function mayBeLabels({ shape: { decimals, step, min, max } }: TableColumn): boolean {
  return decimals === 0 && step === 1 && max - min >= FEW_STEPS.from && max - min <= FEW_STEPS.to
}

function doneText({ found, given, name }: FoundColumn, column: TableColumn): string {
  if (found.kind === 'drop') return found.why
  if (given) {
    if (found.kind === 'category') return `0 and 1 for ${found.levels.length - 1} of its levels`
    if (found.kind === 'circular') return 'as cosine and sine'
    return mayBeLabels(column) ? `as it is (labels? --column ${name}:category)` : 'as it is'
  }
  return modelledText(found)
}

/** What becomes of cells that are missing. */
function missingText({ kind, missing }: CodedColumn): string {
  if (missing === undefined) return ''
  if (missing === true) return '; modelled which are missing'
  const value =
    kind.kind === 'category'
      ? kind.levels[missing]
      : kind.kind === 'date'
        ? formatDate(missing, kind.format)
        : short(missing)
  return `; missing as ${value}, and 0 or 1`
}

function modelledText(kind: ColumnKind): string {
  const held = bounds(kind)
  switch (kind.kind) {
    case 'positive':
      return kind.zeros ? `logarithm; zeros below ${short(kind.zeros.below)}` : 'logarithm'
    case 'bounded':
      return `logit between ${short(kind.low)} and ${short(kind.high)}`
    case 'circular':
      return `cut at ${short(kind.cut)}, period ${short(kind.period)}`
    case 'category':
      return `spread over its ${kind.levels.length} places`
    case 'integer':
    case 'rounded':
      return `spread over steps of ${short(kind.step)}${held}`
    case 'date':
      if (kind.fine) return `counted in ${kind.format.unit}s`
      return `spread over steps of ${kind.step === 1 ? `a ${kind.format.unit}` : `${kind.step} ${kind.format.unit}s`}${held}`
    default:
      return 'as it is'
  }
}

function bounds(kind: ColumnKind): string {
  const { low, high } = supportOf(kind)
  if (kind.kind !== 'integer' && kind.kind !== 'rounded') return ''
  return high !== undefined ? ', nothing beyond' : low !== undefined ? ', logarithm' : ''
}

/** A kind and its range in a few words, as `show` has them. */
export function describedKind(column: CodedColumn, given: boolean): string {
  return kindAndRange(column.kind, given) + missingText(column)
}

function kindAndRange(kind: ColumnKind, given: boolean): string {
  const of = given ? '' : isDiscrete(kind) ? ', mass' : kind.kind === 'positive' && kind.zeros ? ', mass at 0' : ''
  if (kind.kind === 'category') return `category (${shortened(kind.levels.join(', '))})${of}`
  if (kind.kind === 'date')
    return `date ${formatDate(kind.low, kind.format)} … ${formatDate(kind.high, kind.format)}${of}`
  if (kind.kind === 'integer' || kind.kind === 'rounded') {
    const step = kind.step === 1 ? '' : ` by ${short(kind.step)}`
    return `${kind.kind} ${short(kind.low)} … ${short(kind.high)}${step}${of}`
  }
  return `${kind.kind === 'continuous' ? kind.kind : kindText(kind)}${of}`
}

const short = (value: number): string => String(Number(value.toPrecision(6)))
const shortened = (text: string): string => (text.length > MOST_LISTED ? `${text.slice(0, MOST_LISTED - 1)}…` : text)
