/** What a cell of a table holds. */
export type CellKind = 'number' | 'missing' | 'infinite' | 'comma' | 'text'

const MISSING = new Set(['', 'na', 'n/a', '#n/a', 'nan', '-nan', 'null', 'none', '?', '.', '-'])
const INFINITE = /^[+-]?inf(inity)?$/i
/** Number() reads these as hexadecimal, octal, binary; a table means something else by them. */
const OTHER_BASE = /^\s*0[xob]/i
/** 3,5 or 1,000 or 1.234,5. */
const WITH_COMMA = /^[+-]?[\d.]*,[\d.,]+(e[+-]?\d+)?$/i

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
  return WITH_COMMA.test(word) ? 'comma' : 'text'
}

/** Says what is wrong with a cell that is no number, as the end of a sentence about its column, and the way out. */
export function cellFault(cell: string): string {
  const kind = cellKind(cell)
  const shown = JSON.stringify(cell.trim())
  if (kind === 'missing') {
    return `${cell.trim() === '' ? 'is empty' : `has ${shown}, a missing value`}. Fill it in or remove the row.`
  }
  if (kind === 'infinite') return `has ${shown}, which is not finite. Correct the cell or remove the row.`
  if (kind === 'comma') {
    return `has ${shown}, not a number: write a decimal point for a decimal comma, and nothing between thousands.`
  }
  return `has ${shown}, not a number. Correct the cell or remove the row.`
}
