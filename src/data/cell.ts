import { isEither, looksNumeric } from './number-forms.js'
import { shortened } from './wording.js'

/** What a cell of a table holds. */
export type CellKind = 'number' | 'missing' | 'infinite' | 'comma' | 'text'

const MISSING = new Set(['', 'na', 'n/a', '#n/a', 'nan', '-nan', 'null', 'none', '?', '.', '-'])
const INFINITE = /^[+-]?inf(inity)?$/i
/** Number() reads these as hexadecimal, octal, binary; a table means something else by them. */
const OTHER_BASE = /^\s*0[xob]/i
/** $100, 100 €, 5%: a number and one sign. */
const WITH_SIGN = /^([+-]?)(\p{Sc}|%)?\s?([+-]?[\d.,]+(?:e[+-]?\d+)?)\s?(\p{Sc}|%)?$/iu

/** The finite number a cell holds in decimal notation, else NaN; spaces around it do not count. */
export function cellNumber(cell: string): number {
  const value = Number(cell)
  if (value - value !== 0 || OTHER_BASE.test(cell) || (value === 0 && cell.trim() === '')) return NaN
  return value
}

/** What kind of thing a cell holds. */
export function cellKind(cell: string): CellKind {
  if (!Number.isNaN(cellNumber(cell))) return 'number'
  const word = cell.trim()
  if (MISSING.has(word.toLowerCase())) return 'missing'
  // 1e999 is a number to its writer, but none of float64.
  if (INFINITE.test(word) || Math.abs(Number(word)) === Infinity) return 'infinite'
  return looksNumeric(word) ? 'comma' : 'text'
}

/** Says what is wrong with a cell that is no number, as the end of a sentence about its column, and the way out. */
export function cellFault(cell: string): string {
  const kind = cellKind(cell)
  const shown = JSON.stringify(shortened(cell.trim()))
  if (kind === 'missing') {
    return `${cell.trim() === '' ? 'is empty' : `has ${shown}, a missing value`}. Fill it in or remove the row.`
  }
  if (kind === 'number')
    return `has the text ${shown} in place of a number. Save the column as numbers or leave it out.`
  if (kind === 'infinite') return `has ${shown}, which is not finite. Correct the cell or remove the row.`
  if (isEither(cell)) {
    return `has ${shown}, where the comma may stand before decimals or between thousands: say which with --decimal , or --decimal .`
  }
  if (kind === 'comma') {
    return `has ${shown}, not a number as the others are written: --decimal , or --decimal . says what stands before decimals.`
  }
  return signFault(cell) ?? `has ${shown}, not a number. Correct the cell or remove the row.`
}

/** The same of a number with a sign of a currency or a percent sign; undefined for any other cell. */
export function signFault(cell: string): string | undefined {
  const [, minus, before, number, behind] = WITH_SIGN.exec(cell.trim()) ?? []
  const sign = before ?? behind
  if (sign === undefined) return undefined
  return `has ${JSON.stringify(cell.trim())}, a number with ${JSON.stringify(sign)}. Write ${minus}${number} in all of its cells.`
}
