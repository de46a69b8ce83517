/** What separates cells, in the order of preference where several would do: a comma may be a decimal point. */
const CANDIDATES = ['\t', ';', ','] as const
export type Delimiter = (typeof CANDIDATES)[number]

/** Lines that are looked at. */
const LINES = 20

/**
 * Finds out which of comma, semicolon and tab separates the cells of a table from the beginning of its text.
 *
 * It is the one that comes equally often, and at least once, in each of the first lines, quoted cells left out; failing
 * that the one that does so in most of them, so that a ragged line is found later. A table without any has one column.
 */
export function findDelimiter(text: string): Delimiter {
  const lines = text
    .replace(/"[^"]*("|$)/g, 'quoted')
    .split(/\r\n|\n|\r/, LINES)
    .filter((line) => line.trim() !== '')
  let best: Delimiter = ','
  let most = 0
  for (const candidate of CANDIDATES) {
    const counts = lines.map((line) => line.split(candidate).length - 1)
    const agreeing = counts[0] > 0 ? counts.filter((n) => n === counts[0]).length : 0
    if (agreeing > most) {
      best = candidate
      most = agreeing
    }
  }
  return best
}
