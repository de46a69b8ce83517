/** "no rows", "1 row", "2 rows". */
export function count(n: number, what: string): string {
  return `${n === 0 ? 'no' : n} ${what}${n === 1 ? '' : 's'}`
}

/** Names as a message lists them: the first ones, quoted unless another form is asked for. */
export function listed(names: readonly string[], shownAs: (name: string) => string = JSON.stringify): string {
  const most = 20
  const shown = names.slice(0, most).map((name) => shownAs(shortened(name)))
  return names.length > most ? `${shown.join(', ')} and ${names.length - most} more` : shown.join(', ')
}

/** Characters of a cell that a message repeats, at most. */
const MOST_SHOWN = 60

/** A cell as a message shows it. */
export function shortened(cell: string): string {
  return cell.length > MOST_SHOWN ? `${cell.slice(0, MOST_SHOWN)}…` : cell
}
