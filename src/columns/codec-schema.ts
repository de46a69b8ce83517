import * as v from 'valibot'
import { MOST_CATEGORY_LEVELS } from './asked-kind.js'
import { DATE_BOUNDS, UNIT_MILLISECONDS } from './iso-dates.js'
import type { TableCodec } from './kinds.js'

const GRID = 'a grid from low to high'
const finite = v.pipe(v.number(), v.finite())
const above = v.pipe(finite, v.gtValue(0))
const decimals = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(20))
const optionalDecimals = v.optional(decimals)
interface Ends {
  readonly low: number
  readonly high: number
}

/** Whether a grid's ends lie on it, and all of its places are whole numbers of a double. */
function isGrid({ low, high, step }: Ends & { readonly step: number }): boolean {
  const steps = (high - low) / step
  return steps >= 0 && steps < 2 ** 53 && Math.abs(steps - Math.round(steps)) <= 1e-6
}

function areEdges(edges: readonly number[], levels: number): boolean {
  return (
    edges.length === levels + 1 &&
    edges[0] === 0 &&
    edges[levels] === levels &&
    edges.every((edge, k) => k === 0 || edge > edges[k - 1])
  )
}

const format = v.strictObject({
  unit: v.picklist(['day', 'minute', 'second', 'millisecond']),
  between: v.picklist(['T', ' ']),
  zone: v.pipe(v.string(), v.regex(/^(?:|Z|[+-]\d\d:\d\d)$/)),
})
const bound = v.optional(finite)
const support = v.pipe(
  v.strictObject({ low: bound, high: bound }),
  v.check(({ low = -Infinity, high = Infinity }) => low < high, 'low < high'),
)

const kindSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('continuous'), decimals: optionalDecimals }),
  v.strictObject({
    kind: v.literal('positive'),
    decimals: optionalDecimals,
    zeros: v.optional(v.strictObject({ below: above, width: v.pipe(above, v.maxValue(700)) })),
  }),
  v.pipe(
    v.strictObject({ kind: v.literal('bounded'), low: finite, high: finite, decimals: optionalDecimals }),
    v.check(({ low, high }) => low < high, 'low < high'),
  ),
  v.strictObject({
    ...{ kind: v.literal('circular'), period: above, cut: finite, from: finite, decimals: optionalDecimals },
    grid: v.optional(v.strictObject({ low: finite, step: above })),
  }),
  v.pipe(
    v.strictObject({
      ...{ kind: v.picklist(['integer', 'rounded']), low: finite, high: finite, step: above, decimals },
      support: v.optional(support),
    }),
    v.check((grid) => isGrid(grid), GRID),
  ),
  v.pipe(
    v.strictObject({
      kind: v.literal('category'),
      levels: v.pipe(
        v.array(v.string()),
        v.minLength(2),
        v.maxLength(MOST_CATEGORY_LEVELS),
        v.check((levels) => new Set(levels).size === levels.length, 'different levels'),
      ),
      edges: v.optional(v.array(finite)),
    }),
    v.check(
      ({ levels: { length }, edges }) => edges === undefined || areEdges(edges, length),
      'edges from 0 to as many',
    ),
  ),
  v.pipe(
    v.strictObject({
      ...{ kind: v.literal('date'), format, low: finite, high: finite, step: above },
      fine: v.optional(v.literal(true)),
    }),
    v.check((grid) => isGrid(grid), GRID),
    v.check(({ format: { unit }, low, high }) => {
      const milliseconds = UNIT_MILLISECONDS[unit]
      return low * milliseconds >= DATE_BOUNDS.low && high * milliseconds <= DATE_BOUNDS.high
    }, 'dates of the years 0 to 9999'),
  ),
])

const missing = v.optional(v.union([v.literal(true), finite]))

const codecSchema = v.pipe(
  v.strictObject({
    columns: v.pipe(v.array(v.strictObject({ name: v.string(), kind: kindSchema, missing })), v.minLength(1)),
    given: v.array(v.string()),
    seed: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  }),
  v.check(({ columns, given }) => {
    const names = new Set(columns.map(({ name }) => name))
    const behind = new Set(given)
    return (
      names.size === columns.length &&
      behind.size === given.length &&
      given.length < columns.length &&
      given.every((name) => names.has(name))
    )
  }, 'names that are different, and given ones among them'),
  v.check(
    ({ columns, given }) =>
      columns.every(
        ({ name, kind, missing }) =>
          missing === undefined || (given.includes(name) ? isValueOf(kind, missing) : missing === true),
      ),
    'missing: true of columns that are modelled, and a value of those that are given',
  ),
)

function isValueOf(kind: v.InferOutput<typeof kindSchema>, value: true | number): boolean {
  if (value === true) return false
  return kind.kind !== 'category' || (Number.isInteger(value) && value >= 0 && value < kind.levels.length)
}

/** What is wrong with JSON as a codec of tables; the codec where nothing is. */
export function readCodec(json: unknown): TableCodec | string {
  const parsed = v.safeParse(codecSchema, json, { abortEarly: true })
  if (parsed.success) return parsed.output as TableCodec
  const [issue] = parsed.issues
  return `${v.getDotPath(issue) ?? 'it'}: ${issue.input === undefined ? 'missing' : issue.message}`
}
