/** "Did you mean NAME?" of the known name that was likely meant; else `otherwise`, or nothing. */
export function didYouMean(
  name: string,
  known: Iterable<string>,
  { otherwise = '', shownAs = (near) => near }: { otherwise?: string; shownAs?: (near: string) => string } = {},
): string {
  const near = nearestName(name, known)
  return near === undefined ? otherwise : `Did you mean ${shownAs(near)}?`
}

/** Names that are longer are nobody's mistyping, and comparing them takes time by the square of their length. */
const MOST_LETTERS = 200

/** The candidate that `name` was probably meant to be: at most a third of its letters wrong, case aside. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let nearest: string | undefined
  // Of a single letter all would be another one.
  if (name.length < 2 || name.length > MOST_LETTERS) return undefined
  let least = Math.max(1, Math.floor(name.length / 3))
  for (const candidate of candidates) {
    if (candidate.length > MOST_LETTERS) continue
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance > least || (distance === least && nearest !== undefined)) continue
    nearest = candidate
    least = distance
  }
  return nearest
}

/**
 * Insertions, deletions, replacements and swaps of neighbours that turn a into b, no letter edited twice.
 * Source: Damerau, CACM 7 (1964), by the rows of Wagner and Fischer, JACM 21 (1974).
 */
function editDistance(a: string, b: string): number {
  let above: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1))
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) next[j] = Math.min(next[j], above[j - 2] + 1)
    }
    above = row
    row = next
  }
  return row[b.length]
}
