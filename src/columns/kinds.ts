import type { Support } from '../data/support.js'
import type { DateFormat } from './iso-dates.js'

/** Numbers, any between two of them being possible; with as many decimals as a file has them written. */
export interface Continuous {
  readonly kind: 'continuous'
  readonly decimals?: number
}

/** Numbers above 0, modelled by their logarithm. */
export interface Positive {
  readonly kind: 'positive'
  readonly decimals?: number
  /**
   * Zeros among them: they become numbers of (below·e^−width, below), evenly by their logarithm, where `below` is the least
   * of the positive ones, and what is drawn there is 0.
   */
  readonly zeros?: { readonly below: number; readonly width: number }
}

/** Numbers between two bounds, modelled by the logit of their place between them. */
export interface Bounded {
  readonly kind: 'bounded'
  readonly low: number
  readonly high: number
  readonly decimals?: number
}

/** Angles, x and x + period being the same: taken modulo the period from `cut` on, and given back from `from` on. */
export interface Circular {
  readonly kind: 'circular'
  readonly period: number
  readonly cut: number
  readonly from: number
  readonly decimals?: number
  /** Where they are rounded: numbers low + k·step, each of which stands for the interval up to the next. */
  readonly grid?: { readonly low: number; readonly step: number }
}

/**
 * Numbers low, low + step, …, high: whole ones ('integer'), or rounded in another way. Each stands for the interval up to the
 * next, x + step·u with u uniform on (0, 1), and a sample for the number at or below it.
 */
export interface Grid {
  readonly kind: 'integer' | 'rounded'
  readonly low: number
  readonly high: number
  readonly step: number
  readonly decimals: number
  /** Where x + step·u lies, as far as the density is to know it. */
  readonly support?: Support
}

/** Texts, or numbers taken for names. A modelled level is an interval in the order of the list, a given one a column of 0 and 1. */
export interface Category {
  readonly kind: 'category'
  readonly levels: readonly string[]
  /**
   * Where the interval of each modelled level begins and the last one ends, ascending from 0 to the number of levels: as wide as
   * they are frequent, so that all together are evenly spread. Default whole numbers.
   */
  readonly edges?: readonly number[]
}

/** Dates or times, a grid counted in units of the format since `low`. */
export interface DateKind {
  readonly kind: 'date'
  readonly format: DateFormat
  /** In units since 1970. */
  readonly low: number
  readonly high: number
  /** In units. */
  readonly step: number
  /** Where steps are so small beside the range that dates are not spread over them. */
  readonly fine?: true
}

/** What the cells of a column are, and with what they become numbers of a flow. */
export type ColumnKind = Continuous | Positive | Bounded | Circular | Grid | Category | DateKind

/** A column of a table that a model knows. */
export interface CodedColumn {
  readonly name: string
  readonly kind: ColumnKind
  /**
   * Where its cells may be missing: `true` of a modelled one, beside which it is modelled whether they are; of a given one the
   * value that stands for those that are, beside which the others are given whether they are.
   */
  readonly missing?: true | number
}

/** How rows of a table become rows of a flow and back: plain JSON, kept in the model's file. */
export interface TableCodec {
  /** In the order of the table. */
  readonly columns: readonly CodedColumn[]
  /** Names of those that the others are given, in the order in which they stand behind them. */
  readonly given: readonly string[]
  /** Of the uniform numbers. */
  readonly seed: number
}

/** Whether each value of a column has a mass of its own, in place of a density. */
export function isDiscrete(kind: ColumnKind): boolean {
  if (kind.kind === 'circular') return kind.grid !== undefined
  return ['integer', 'rounded', 'category', 'date'].includes(kind.kind)
}

/** Whether the rows of the table are those of the flow as they stand. */
export function isPlain({ columns, given }: TableCodec): boolean {
  const behind = columns.slice(columns.length - given.length)
  return (
    columns.every(
      ({ kind, missing }) => kind.kind === 'continuous' && kind.decimals === undefined && missing === undefined,
    ) && given.every((name, i) => behind[i].name === name)
  )
}

/** The same codec of rows whose cells are all there, or all that are modelled. */
export function withoutGaps(codec: TableCodec, which: 'all' | 'modelled'): TableCodec {
  const own = ({ name, kind, missing }: CodedColumn): CodedColumn =>
    which === 'modelled' && typeof missing === 'number' ? { name, kind, missing } : { name, kind }
  return { ...codec, columns: codec.columns.map(own) }
}

/** Where the intervals of a category's levels begin, and the last ends. */
export function levelEdges({ levels, edges }: Category): readonly number[] {
  return edges ?? Array.from({ length: levels.length + 1 }, (_, k) => k)
}

/** The same, the first and the last with what is beyond. */
export function levelCells(category: Category): number[] {
  return [Number.NEGATIVE_INFINITY, ...levelEdges(category).slice(1, -1), Number.POSITIVE_INFINITY]
}

/** The level whose interval holds a number; beyond the ends the first or the last. */
export function levelAt(edges: readonly number[], number: number): number {
  let [low, high] = [0, edges.length - 2]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (number >= edges[middle]) low = middle
    else high = middle - 1
  }
  return low
}

/** How far the interval reaches that a value of a modelled column stands for; 0 where it has a density. */
export function valueWidth(kind: ColumnKind): number {
  switch (kind.kind) {
    case 'category':
      return 1
    case 'circular':
      return kind.grid?.step ?? 0
    case 'date':
      return kind.fine ? 0 : kind.step
    case 'integer':
    case 'rounded':
      return kind.step
    default:
      return 0
  }
}

/** Values of a grid within which the density is held where there are so few; more have tails beyond. */
const FEW_VALUES = 20

/** The values that a modelled column of this kind can have, as a flow sees it. */
export function supportOf(kind: ColumnKind): Support {
  switch (kind.kind) {
    case 'positive':
      return { low: 0 }
    case 'bounded':
      return { low: kind.low, high: kind.high }
    case 'circular':
      return { low: kind.cut, high: kind.cut + kind.period }
    case 'integer':
    case 'rounded':
      return kind.support ?? {}
    case 'category':
      return kind.levels.length <= FEW_VALUES ? { low: 0, high: kind.levels.length } : {}
    case 'date':
      return fewSteps(kind) ? { low: 0, high: kind.high - kind.low + kind.step } : {}
    default:
      return {}
  }
}

/** Whether so few values lie on a grid that its ends are part of what is known. */
export function fewSteps({ low, high, step }: { low: number; high: number; step: number }): boolean {
  return (high - low) / step < FEW_VALUES
}

/** A kind as --column takes it. */
export function kindText(kind: ColumnKind): string {
  if (kind.kind === 'continuous' && kind.decimals === undefined) return 'plain'
  if (kind.kind === 'bounded') return `bounded(${kind.low},${kind.high})`
  if (kind.kind === 'circular') return `circular(${kind.period})`
  return kind.kind
}
