import { draw, LawBench, normals } from './bench.js'
import type { Case } from './cases/case.js'

/** Rows, each on a line of its own. */
export const LINES = 32
/**
 * After these many the ends of a line are 9e-13 of it apart: so near that a gradient which is merely steep, as of narrow bins
 * (10⁹), changes by less than LEAST, and still so far apart that no point is likely to lie on the jump itself.
 */
const HALVINGS = 40
const LEAST = 1e-2

/** A place where the gradient of a row jumps. */
export interface Jump {
  /** Relative to the gradient and to 1. */
  readonly size: number
  /** Whether the row's branch changes there too. */
  readonly named: boolean
}

/** The ends of all lines. */
export const endsOf = (given: Case, from: 'x' | 'z') => [91, 191].map((seed) => draw(given, from, seed, LINES))

interface Point {
  /** Of the way from one end of the line to the other. */
  readonly share: number
  readonly gradient: readonly number[]
}

function change({ gradient: a }: Point, { gradient: b }: Point): number {
  const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs))
  return largest(a.map((value, i) => value - b[i])) / Math.max(1, largest(a), largest(b))
}

/**
 * Where the gradient of dOutput·output + dLogDet·logDet by input and context jumps, once a line from a row to another one:
 * the line is halved towards the larger change, over and over, which a jump survives and nothing else does.
 */
export function jumps(given: Case, from: 'x' | 'z'): Jump[] {
  const bench = new LawBench(given, { rows: LINES, key: given.key })
  const [start, end] = endsOf(given, from)
  const [dOutput, dLogDet] = [normals(start.input.length, 93), normals(LINES, 94)]
  const look = (shares: readonly number[]): Point[] => {
    const between = (a: Float64Array, b: Float64Array) =>
      a.map((value, i) => value + shares[i % LINES] * (b[i] - value))
    bench.apply(from, start.params, between(start.input, end.input), between(start.context, end.context))
    const { input, context } = bench.differentiate(from, dOutput, dLogDet)
    const gradients = [...input, ...context]
    const columns = Array.from({ length: gradients.length / LINES }, (_, j) => j * LINES)
    return shares.map((share, row) => ({ share, gradient: columns.map((first) => gradients[first + row]) }))
  }
  const ends = [0, 1].map((share) => look(Array(LINES).fill(share)))
  let lines = ends[0].map((a, row) => [a, ends[1][row]] as const)
  // Where nothing is left of any change there is no jump to close in on.
  const alive = () => lines.some(([a, b]) => change(a, b) > LEAST / 100)
  for (let k = 0; k < HALVINGS && alive(); k++) {
    const middles = look(lines.map(([a, b]) => (a.share + b.share) / 2))
    lines = lines.map(([a, b], row) => {
      const middle = middles[row]
      return change(a, middle) > change(middle, b) ? [a, middle] : [middle, b]
    })
  }
  const branches = ([0, 1] as const).map((end) => {
    look(lines.map((line) => line[end].share))
    return lines.map((_, row) => bench.branches(row, from))
  })
  return lines
    .map(([a, b], row) => ({ size: change(a, b), named: branches[0][row] !== branches[1][row] }))
    .filter(({ size }) => size > LEAST)
}
