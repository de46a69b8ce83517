import { fitTriangle } from './fit-triangle.js'
import { mostlyLinear } from './mostly-linear.js'
import type { Matrix } from './rows.js'

/** A modelled column that others determine: for such columns there is no density. */
export interface Dependence {
  readonly column: number
  /** Those of the others that it depends on. */
  readonly of: readonly number[]
}

/** The same in all rows nearly, or in a `share` of them to rounding. */
export interface NearDependence extends Dependence {
  readonly share?: number
}

/** What others leave of a column, as a share of its sd: below this it is rounding … */
const NOTHING_LEFT = 1e-9
/** … and below this so little that it is worth a word. */
const LITTLE_LEFT = 1e-3
/** Above this the others tell hardly anything, in any part of the rows. */
const MUCH_LEFT = 0.99
/** A coefficient below this, of columns scaled to unit variance, is rounding. */
const LEAST_COEFFICIENT = 1e-6
/** Columns that are looked for, at most, so that the search ends. */
const MOST_FOUND = 8
/** Multiplications of one search, about; rows are left out where there are more, evenly. */
const MOST_PRODUCTS = 2e9

/**
 * Which of the first `dim` columns of the rows are linear functions of those before them and of the columns behind, which
 * they are conditioned on. Rows without outliers are expected: two columns with one row far out in both look equal.
 */
export function findDependence(rows: Rows, dim: number): Dependence[] {
  const found: Dependence[] = []
  // What columns are conditioned on may depend on each other, and comes first.
  let places = inOrder(rows, dim)
  while (found.length < MOST_FOUND && rows.rows > 2 * rows.columns) {
    const { share, of } = whatIsLeft(rows, places)
    const at = share.findIndex((left) => left < NOTHING_LEFT)
    if (at < 0) break
    if (places[at] < dim) found.push({ column: places[at], of: of(at) })
    places = places.filter((_, i) => i !== at)
  }
  return found
}

/** Which of them nearly are, beside those that are; of columns that determine each other in a part of the rows, one. */
export function findNearDependence(rows: Rows, dim: number, exact: readonly Dependence[]): NearDependence[] {
  if (rows.rows <= 2 * rows.columns) return []
  const places = inOrder(rows, dim).filter((place) => !exact.some(({ column }) => column === place))
  const { share, besideAll, of, scaled } = whatIsLeft(rows, places)
  const found = new Map<string, NearDependence>()
  for (const [j, column] of places.entries()) {
    if (column >= dim) continue
    let near: NearDependence | undefined
    if (share[j] < LITTLE_LEFT) near = { column, of: of(j) }
    else if (besideAll[j] < MUCH_LEFT) {
      const partly = mostlyLinear(scaled, j)
      near = partly && { column, of: partly.of.map((k) => places[k]), share: partly.share }
    }
    const all = near && [near.column, ...near.of].sort((a, b) => a - b).join()
    // A total more often follows its parts than it leads them.
    if (near && all !== undefined) found.set(all, near)
  }
  return [...found.values()]
}

type Rows = Matrix & { readonly data: Float64Array }

const inOrder = ({ columns }: Rows, dim: number): number[] =>
  Array.from({ length: columns }, (_, i) => (i + dim) % columns)

/** What the columns before leave of each, and all the others, as shares of its sd, and which of those before it takes. */
function whatIsLeft({ data, rows: all, columns }: Rows, places: readonly number[]) {
  const count = places.length
  const step = Math.max(1, Math.floor(all / Math.max(2 * count + 1, MOST_PRODUCTS / count ** 2)))
  const rows = Math.floor(all / step)
  const chosen = new Float64Array(rows * count)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < count; j++) chosen[i * count + j] = data[i * step * columns + places[j]]
  }
  const { mean, sd, matrix } = fitTriangle(chosen, count, true)
  const w = matrix as Float64Array
  for (let at = 0; at < chosen.length; at++) chosen[at] = (chosen[at] - mean[at % count]) / sd[at % count]
  /** Of column j before the others: its coefficients are −Wⱼₖ/Wⱼⱼ, of columns of unit variance times sdₖ/sdⱼ. */
  const of = (j: number) =>
    places.filter(
      (_, k) => k < j && Math.abs((w[j * count + k] * sd[k]) / (w[j * count + j] * sd[j])) > LEAST_COEFFICIENT,
    )
  // A column that is constant among these rows is none that others determine.
  const share = places.map((_, j) => (sd[j] === 1 && isConstant(chosen, count, j) ? 1 : 1 / (w[j * count + j] * sd[j])))
  // The diagonal of the inverse covariance WᵀW is one over what all others leave of a variance.
  const besideAll = places.map((_, j) => {
    let precision = 0
    for (let k = j; k < count; k++) precision += w[k * count + j] ** 2
    return 1 / (Math.sqrt(precision) * sd[j])
  })
  return { share, besideAll, of, scaled: { data: chosen, rows, columns: count } }
}

function isConstant(rows: Float64Array, columns: number, j: number): boolean {
  for (let at = j; at < rows.length; at += columns) if (rows[at] !== rows[j]) return false
  return true
}

export const LINEAR_WAY = 'leave one of them out.'

/** 'Column "f" is a linear function of "c" …', of the columns' titles. */
export function linearText({ column, of }: Dependence, title: (j: number) => string): string {
  return `${title(column)} is a linear function of ${listed(of, title)}, so that there is no density of all of them`
}

/** The same of one that nearly is. */
export function nearLinearText({ column, of, share }: NearDependence, title: (j: number) => string): string {
  const where = share === undefined ? 'is nearly' : `is in ${Math.floor(100 * share)} % of the rows`
  return `${title(column)} ${where} a linear function of ${listed(of, title)}: a density may pile up there without bound`
}

function listed(columns: readonly number[], title: (j: number) => string): string {
  const names = columns.map((j) =>
    title(j)
      .replace(/^Column (?=")/, '')
      .replace(/^C/, 'c'),
  )
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}` : names[0]
}
