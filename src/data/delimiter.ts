import { looksNumeric } from './number-forms.js'

/** What separates cells, in the order of preference where several would do: a comma may be a decimal point. */
const CANDIDATES = ['\t', ';', ','] as const
/** These are taken where every line has as many, as text may well hold them. */
const STRICT_CANDIDATES = ['|', ' '] as const

/** Lines that are looked at. */
const LINES = 20

/**
 * Finds out what separates the cells of a table from its first lines: comma, semicolon, tab, a bar or blanks.
 *
 * It is the one of comma, semicolon and tab that comes equally often, and at least once, in each of the lines, quoted
 * cells left out; failing that the one that does so in most of them, so that a ragged line is found later. Where none
 * does, or fewer numbers lie between them, it is bars or blanks that come equally often in every line. A table without
 * any has one column.
 */
export function findDelimiter(lines: readonly string[]): string {
  const looked = lines.slice(0, LINES).map((line) => line.replace(/"[^"]*("|$)/g, 'quoted'))
  const filled = looked.filter((line) => line.trim() !== '')
  let best = ','
  let most = 0
  for (const candidate of CANDIDATES) {
    const counts = filled.map((line) => line.split(candidate).length - 1)
    const agreeing = counts[0] > 0 ? counts.filter((n) => n === counts[0]).length : 0
    if (agreeing > most) {
      best = candidate
      most = agreeing
    }
  }
  const share = most === 0 ? 0 : numericShare(filled, best)
  const strict = STRICT_CANDIDATES.find((candidate) => {
    const [width, ...others] = filled.map((line) => cellsOf(line, candidate).length)
    return width > 1 && others.every((count) => count === width) && numericShare(filled, candidate) > share
  })
  return strict ?? best
}

/** Cells of a line without quotes; blanks of any number separate once. */
export function cellsOf(line: string, delimiter: string): string[] {
  if (delimiter !== ' ') return line.split(delimiter)
  const trimmed = line.trim()
  return trimmed === '' ? [''] : trimmed.split(/\s+/)
}

/** The share of numbers among the cells below the first line, or in it where it is alone. */
function numericShare(lines: readonly string[], delimiter: string): number {
  const cells = (lines.length > 1 ? lines.slice(1) : lines).flatMap((line) => cellsOf(line, delimiter))
  return cells.filter(looksNumeric).length / Math.max(1, cells.length)
}
