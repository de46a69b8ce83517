/** What stands before the decimals of a number. */
export type Decimal = '.' | ','

/** Forms of numbers beside the plain one, for saying that they were read. */
export type NumberForm = 'decimal commas' | 'separators between thousands' | 'U+2212 for minus'

/** A blank, hard, thin or narrow, or an apostrophe. */
const GAP = " \\u00a0\\u2009\\u202f'’"
const EXPONENT = '(?:e[+-]?\\d+)?'

/** 1,234,567.8 and the like: one separator throughout, three digits between. */
const grouped = (separators: string, decimal: string) =>
  new RegExp(`^[+-]?[1-9]\\d{0,2}([${separators}])\\d{3}(?:\\1\\d{3})*(?:${decimal}\\d*)?${EXPONENT}$`, 'i')

const GROUPED: Readonly<Record<Decimal, RegExp>> = { '.': grouped(`,${GAP}`, '\\.'), ',': grouped(`.${GAP}`, ',') }
const GROUPED_BY_GAPS = grouped(GAP, '\\.')
const WITH_DECIMAL_COMMA = new RegExp(`^[+-]?(?:\\d+,?\\d*|,\\d+)${EXPONENT}$`, 'i')
const SEPARATORS: Readonly<Record<Decimal, RegExp>> = {
  '.': new RegExp(`[,${GAP}]`, 'g'),
  ',': new RegExp(`[.${GAP}]`, 'g'),
}

/** 1,234: either a decimal comma or a separator between thousands. */
const EITHER = /^[+-]?[1-9]\d{0,2},\d{3}$/
/** 1.234.567: separators between thousands for sure, where 1.234 may be a number with decimals. */
const TWO_POINTS = /\..*\./
const WITH_DECIMAL_POINT = new RegExp(`^[+-]?(?:\\d+\\.\\d*|\\.\\d+)${EXPONENT}$`, 'i')

const BEGINS_LIKE_NUMBER = /^[+\-−\d.,]/

/** U+2212 as the sign that Number() knows. */
const plainMinus = (text: string) => text.replaceAll('−', '-')

/**
 * The number that a cell holds in another form than 1234.5, else NaN: with decimal commas where `decimal` says so,
 * separators between thousands, U+2212 for minus. What may mean one number or another is none.
 */
export function otherNumber(cell: string, decimal: Decimal | undefined, onForm: (form: NumberForm) => void): number {
  const trimmed = cell.trim()
  if (!BEGINS_LIKE_NUMBER.test(trimmed)) return Number.NaN
  const text = plainMinus(trimmed)
  const comma = decimal === ',' && WITH_DECIMAL_COMMA.test(text)
  const gaps = !comma && (decimal === undefined ? GROUPED_BY_GAPS : GROUPED[decimal]).test(text)
  if (!comma && !gaps && (decimal === ',' || text === trimmed || text === '')) return Number.NaN
  const bare = gaps ? text.replace(SEPARATORS[decimal ?? '.'], '') : text
  const value = Number(decimal === ',' ? bare.replace(',', '.') : bare)
  if (Number.isNaN(value)) return value
  if (text !== trimmed) onForm('U+2212 for minus')
  if (decimal === ',' && text.includes(',')) onForm('decimal commas')
  if (gaps) onForm('separators between thousands')
  return value
}

/** Whether a cell is a number in one form or another. */
export function looksNumeric(cell: string): boolean {
  const text = plainMinus(cell.trim())
  return (
    WITH_DECIMAL_COMMA.test(text) || WITH_DECIMAL_POINT.test(text) || GROUPED['.'].test(text) || GROUPED[','].test(text)
  )
}

/** Whether a cell is 1,234, of which nobody can tell. */
export function isEither(cell: string): boolean {
  return EITHER.test(plainMinus(cell.trim()))
}

/**
 * What stands before decimals, by the cells that tell: 3,5, 1.234,5 and 1.234.567 have a decimal comma, 3.5 and 1,234.5 a point.
 * Undefined where none tells, or some say one and some the other.
 */
export function findDecimal(cells: Iterable<string>): Decimal | undefined {
  let comma = false
  let point = false
  for (const cell of cells) {
    const text = plainMinus(cell.trim())
    if (isEither(text)) continue
    const commas = GROUPED[','].test(text)
    const byComma = text.includes(',') ? WITH_DECIMAL_COMMA.test(text) || commas : commas && TWO_POINTS.test(text)
    const byPoint = WITH_DECIMAL_POINT.test(text) || (text.includes(',') && GROUPED['.'].test(text))
    // 1.234 is a decimal point, unless some other cell has a decimal comma.
    if (byComma) comma = true
    else if (byPoint && !commas) point = true
  }
  if (comma !== point) return comma ? ',' : '.'
  return undefined
}
