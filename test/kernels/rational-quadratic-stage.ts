// Engines that run the spline's operations on arrays by name, and splines drawn at random.
import type { Heap } from '#kernels/heap.js'
import { type Declaration, type Operand, sizeOf } from '#kernels/operation.js'
import * as operations from '#kernels/operations/rational-quadratic.js'
import { portableRationalQuadratic } from '#kernels/portable/rational-quadratic.js'
import { normals } from './inputs.js'

export type Numbers = ArrayLike<number>
export type Named = Readonly<Record<string, Numbers>>

export const REALS = 1 << 18
export const GUARD = -777777.75
export const slopeShift = (minDerivative: number) => Math.log(Math.expm1(1 - minDerivative))
export const MINIMA = { minBinSize: 1e-3, minDerivative: 1e-3 }

export interface Engine {
  readonly real: Float32Array | Float64Array
  call(operation: Declaration, args: Readonly<Record<string, number>>): void
}

export function portable(real: Float32Array | Float64Array): Engine {
  const kernels = portableRationalQuadratic({ real } as Heap)
  return {
    real,
    call: (operation, args) => (kernels as Readonly<Record<string, (named: typeof args) => void>>)[operation.id](args),
  }
}

export const reference = portable(new Float64Array(REALS))
export const single = portable(new Float32Array(REALS))

/** The least share of a bin in the box, and the least slope. */
export interface Minima {
  readonly minBinSize: number
  readonly minDerivative: number
}

/** How a run differs from a plain one. */
export interface Where {
  /** By default those of the transformers. */
  readonly minima?: Minima
  /** Added to the rows between numbers of one row. */
  readonly pad?: number
  /** Reals by which the first operand misses a vector's boundary; one more for each of the next. */
  readonly shift?: number
  /** Operands that lie where another does. */
  readonly at?: Readonly<Record<string, string>>
}

export const isArray = ({ role }: Operand) => role !== 'value' && role !== 'stride'
export const writes = ({ role }: Operand) => role === 'write' || role === 'update' || role === 'add'

/** Runs an operation on arrays by name; returns what it writes, and throws where anything else has changed. */
export function run(
  { real, call }: Engine,
  operation: Declaration,
  bins: number,
  rows: number,
  box: number,
  arrays: Named,
  { pad = 0, shift = 0, at = {}, minima = MINIMA }: Where = {},
): Readonly<Record<string, number[]>> {
  const args: Record<string, number> = { bins, rows, box, ...minima, slopeShift: slopeShift(minima.minDerivative) }
  const numbers = (operand: Operand) => (operand.shape.length < 2 ? 1 : sizeOf(operand.shape[0], { bins, rows }))
  const entries = Object.entries(operation.operands)
  let top = 64
  for (const [i, [name, operand]] of entries.entries()) {
    if (operand.role === 'stride') args[name] = rows + pad
    if (!isArray(operand) || at[name]) continue
    args[name] = top + (shift ? (shift + i) % 4 : 0)
    top += Math.ceil((numbers(operand) * (rows + pad)) / 16) * 16 + 16
  }
  for (const [name, other] of Object.entries(at)) args[name] = args[other]
  real.fill(GUARD, 0, top + 64)
  const each = (name: string, operand: Operand, f: (at: number, index: number) => void) => {
    for (let k = 0; k < numbers(operand); k++) {
      for (let t = 0; t < rows; t++) f(args[name] + k * (rows + pad) + t, k * rows + t)
    }
  }
  for (const [name, operand] of entries) {
    if (isArray(operand) && arrays[name]) each(name, operand, (to, i) => real.fill(arrays[name][i], to, to + 1))
  }
  const before = real.slice(0, top + 64)
  call(operation, args)
  const results: Record<string, number[]> = {}
  for (const [name, operand] of entries) {
    if (!isArray(operand) || !writes(operand)) continue
    results[name] = []
    each(name, operand, (from) => void results[name].push(real[from]))
  }
  for (const [name, operand] of entries) {
    if (isArray(operand) && writes(operand)) each(name, operand, (to) => real.fill(before[to], to, to + 1))
  }
  const changed = real.slice(0, top + 64).findIndex((value, i) => !Object.is(value, before[i]))
  if (changed >= 0) throw new Error(`${operation.id} changed real ${changed}: ${JSON.stringify(args)}`)
  return results
}

/** The four operations of a kind of tails. */
export const kinds = [
  {
    name: 'identity tails',
    circular: false,
    forward: operations.rationalQuadratic,
    inverse: operations.rationalQuadraticInverse,
    backward: operations.rationalQuadraticBackward,
    inverseBackward: operations.rationalQuadraticInverseBackward,
  },
  {
    name: 'circular',
    circular: true,
    forward: operations.circularRationalQuadratic,
    inverse: operations.circularRationalQuadraticInverse,
    backward: operations.circularRationalQuadraticBackward,
    inverseBackward: operations.circularRationalQuadraticInverseBackward,
  },
] as const
export type Kind = (typeof kinds)[number]

export interface Logits {
  readonly widths: readonly number[]
  readonly heights: readonly number[]
  readonly slopes: readonly number[]
}

export const knotsOf = ({ circular }: Kind, bins: number) => (circular ? bins : bins - 1)

/** Raw numbers of every row by themselves, normals times a factor. */
export function draw(kind: Kind, bins: number, rows: number, seed: number, factor: number): Logits {
  return {
    widths: Array.from(normals(bins * rows, seed, factor)),
    heights: Array.from(normals(bins * rows, seed + 1, factor)),
    slopes: Array.from(normals(knotsOf(kind, bins) * rows, seed + 2, factor)),
  }
}

/** One row's numbers for all rows. */
export function shared(row: Logits, rows: number): Logits {
  const all = (numbers: readonly number[]) => numbers.flatMap((value) => new Array<number>(rows).fill(value))
  return { widths: all(row.widths), heights: all(row.heights), slopes: all(row.slopes) }
}

/** One row's numbers by themselves. */
export function rowOf(logits: Logits, rows: number, t: number): Logits {
  const own = (numbers: Numbers) => Array.from({ length: numbers.length / rows }, (_, k) => numbers[k * rows + t])
  return { widths: own(logits.widths), heights: own(logits.heights), slopes: own(logits.slopes) }
}

export const GRADIENTS = [
  ['widths', 'dWidths'],
  ['heights', 'dHeights'],
  ['slopes', 'dSlopes'],
] as const

export const zeros = (n: number) => new Array<number>(n).fill(0)
export const ones = (n: number) => new Array<number>(n).fill(1)

export function forward(
  engine: Engine,
  kind: Kind,
  bins: number,
  box: number,
  logits: Logits,
  x: Numbers,
  where?: Where,
) {
  return run(engine, kind.forward, bins, x.length, box, { ...logits, x, logDet: zeros(x.length) }, where)
}

export function inverse(
  engine: Engine,
  kind: Kind,
  bins: number,
  box: number,
  logits: Logits,
  z: Numbers,
  where?: Where,
) {
  return run(engine, kind.inverse, bins, z.length, box, { ...logits, z, logDet: zeros(z.length) }, where)
}

export const maps = { forward, inverse }
export const ways = [
  { way: 'forward', out: 'z', dIn: 'dx' },
  { way: 'inverse', out: 'x', dIn: 'dz' },
] as const
export type Way = keyof typeof maps
export type Results = Readonly<Record<string, number[]>>

/** Weights of the values that come out, and of the log-det. */
export interface Seeds {
  readonly dOut: Numbers
  readonly dLogDet: Numbers
}

/** The way back after one there that gave `there` for `from`. */
export function backward(
  engine: Engine,
  kind: Kind,
  way: Way,
  bins: number,
  raw: Logits,
  there: Results,
  from: Numbers,
  { dOut, dLogDet }: Seeds,
  where?: Where,
): Results {
  const { widths, heights, bin } = there
  const x = way === 'forward' ? from : there.x
  const given = { widths, heights, slopes: raw.slopes, x, bin, dLogDet, [way === 'forward' ? 'dz' : 'dx']: dOut }
  return run(engine, way === 'forward' ? kind.backward : kind.inverseBackward, bins, bin.length, 3, given, where)
}

export function both(
  engine: Engine,
  kind: Kind,
  way: Way,
  bins: number,
  raw: Logits,
  from: Numbers,
  seeds: Seeds,
  where?: Where,
): Results {
  const there = maps[way](engine, kind, bins, 3, raw, from, where)
  return { ...there, ...backward(engine, kind, way, bins, raw, there, from, seeds, where) }
}

/** The float32 that is `steps` further from −∞ than x is. */
export function neighbour(x: number, steps: number): number {
  const [value, bits] = [new Float32Array([x]), new Int32Array(1)]
  const view = new Int32Array(value.buffer)
  bits[0] = view[0] < 0 ? -(view[0] & 0x7fffffff) : view[0]
  bits[0] += steps
  view[0] = bits[0] < 0 ? -bits[0] | 0x80000000 : bits[0]
  return value[0]
}

/** Ends of bins, by the definition. */
export function knots(logits: Numbers, box: number): number[] {
  const exps = Array.from(logits, (u) => Math.exp(u - Math.max(...Array.from(logits))))
  const sum = exps.reduce((a, b) => a + b, 0)
  let at = -box
  const below = exps.map((e) => {
    at += 2 * box * (1e-3 + (1 - exps.length * 1e-3) * (e / sum))
    return at
  })
  return [-box, ...below.slice(0, -1), box]
}

/** Both ways and back of rows outside of the box: what comes out and goes in, and whether all else is 0. */
export function outside(engine: Engine, x: readonly number[]) {
  const [kind] = kinds
  const raw = draw(kind, 5, x.length, 3, 2)
  const seeds = { dOut: x, dLogDet: x }
  return ways.map(({ way, out, dIn }) => {
    const got = both(engine, kind, way, 5, raw, x, seeds)
    const rest = [got.logDet, got.dWidths, got.dHeights, got.dSlopes].flat()
    return { out: got[out], dIn: got[dIn], bin: got.bin, still: rest.every((value) => value === 0) }
  })
}
