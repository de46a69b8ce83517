import asc from 'assemblyscript/asc'
import { describe, expect, it } from 'vitest'
import type { Heap } from '#kernels/heap.js'
import { type Declaration, type Operand, sizeOf } from '#kernels/operation.js'
import * as operations from '#kernels/operations/rational-quadratic.js'
import { portableRationalQuadratic } from '#kernels/portable/rational-quadratic.js'
import { centralDifference, relativeError } from '../laws/differences.js'
import { normals, uniforms } from './inputs.js'
import { golden } from './rational-quadratic-golden.js'
import { EPS, ulp } from './ulp.js'

type Numbers = ArrayLike<number>
type Named = Readonly<Record<string, Numbers>>
type Kernel = (...args: number[]) => void
type Kernels = Readonly<Record<string, Kernel>>

const REALS = 1 << 17
const GUARD = -777777.75
const SLOPE_SHIFT = Math.log(Math.expm1(0.999))

async function compile(): Promise<WebAssembly.Module> {
  const files = ['rational-quadratic', 'rational-quadratic-backward'].map((name) => `src/kernels/assembly/${name}.ts`)
  const flags = [
    '--runtime',
    'stub',
    '--importMemory',
    '--noAssert',
    '-O3',
    '--converge',
    '--enable',
    'simd,bulk-memory',
  ]
  let binary: Uint8Array<ArrayBuffer> | undefined
  const { error, stderr } = await asc.main([...files, '--outFile', 'kernels.wasm', ...flags], {
    writeFile: (_, contents) => {
      binary = Uint8Array.from(contents as Uint8Array)
    },
  })
  if (error || !binary) throw new Error(`${error?.message}\n${stderr.toString()}`)
  return new WebAssembly.Module(binary)
}

interface Engine {
  readonly real: Float32Array | Float64Array
  call(operation: Declaration, args: Readonly<Record<string, number>>): void
}

function portable(real: Float32Array | Float64Array): Engine {
  const kernels = portableRationalQuadratic({ real } as Heap)
  return {
    real,
    call: (operation, args) => (kernels as Readonly<Record<string, (named: typeof args) => void>>)[operation.id](args),
  }
}

const memory = new WebAssembly.Memory({ initial: (4 * REALS) / 65_536 })
const { exports } = new WebAssembly.Instance(await compile(), { env: { memory } })
const simd: Engine = {
  real: new Float32Array(memory.buffer),
  call: ({ id, counts, operands }, args) =>
    (exports as unknown as Kernels)[id](...[...counts, ...Object.keys(operands)].map((name) => args[name])),
}
const reference = portable(new Float64Array(REALS))
const single = portable(new Float32Array(REALS))

interface Where {
  /** Added to the rows between numbers of one row. */
  readonly pad?: number
  /** Reals by which the first operand misses a vector's boundary; one more for each of the next. */
  readonly shift?: number
  /** Operands that lie where another does. */
  readonly at?: Readonly<Record<string, string>>
}

const isArray = ({ role }: Operand) => role !== 'value' && role !== 'stride'
const writes = ({ role }: Operand) => role === 'write' || role === 'update' || role === 'add'

/** Runs an operation on arrays by name; returns what it writes, and throws where anything else has changed. */
function run(
  { real, call }: Engine,
  operation: Declaration,
  bins: number,
  rows: number,
  box: number,
  arrays: Named,
  { pad = 0, shift = 0, at = {} }: Where = {},
): Readonly<Record<string, number[]>> {
  const args: Record<string, number> = { bins, rows, box }
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
    if (isArray(operand) && arrays[name]) each(name, operand, (to, i) => void (real[to] = arrays[name][i]))
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
    if (isArray(operand) && writes(operand)) each(name, operand, (to) => void (real[to] = before[to]))
  }
  const changed = real.slice(0, top + 64).findIndex((value, i) => !Object.is(value, before[i]))
  if (changed >= 0) throw new Error(`${operation.id} changed real ${changed}: ${JSON.stringify(args)}`)
  return results
}

/** The four operations of a kind of tails. */
const kinds = [
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
type Kind = (typeof kinds)[number]

interface Logits {
  readonly widths: Numbers
  readonly heights: Numbers
  readonly slopes: Numbers
}

const knotsOf = ({ circular }: Kind, bins: number) => (circular ? bins : bins - 1)

/** Raw numbers of every row by themselves, normals times a factor. */
function draw(kind: Kind, bins: number, rows: number, seed: number, factor: number): Logits {
  return {
    widths: normals(bins * rows, seed, factor),
    heights: normals(bins * rows, seed + 1, factor),
    slopes: normals(knotsOf(kind, bins) * rows, seed + 2, factor),
  }
}

/** One row's numbers for all rows. */
function shared(row: Logits, rows: number): Logits {
  const all = (numbers: Numbers) => Array.from(numbers).flatMap((value) => new Array<number>(rows).fill(value))
  return { widths: all(row.widths), heights: all(row.heights), slopes: all(row.slopes) }
}

const zeros = (n: number) => new Array<number>(n).fill(0)
const ones = (n: number) => new Array<number>(n).fill(1)

function forward(engine: Engine, kind: Kind, bins: number, box: number, logits: Logits, x: Numbers, where?: Where) {
  return run(engine, kind.forward, bins, x.length, box, { ...logits, x, logDet: zeros(x.length) }, where)
}

function inverse(engine: Engine, kind: Kind, bins: number, box: number, logits: Logits, z: Numbers, where?: Where) {
  return run(engine, kind.inverse, bins, z.length, box, { ...logits, z, logDet: zeros(z.length) }, where)
}

/** Ends of bins, by the definition. */
function knots(logits: Numbers, box: number): number[] {
  const exps = Array.from(logits, (u) => Math.exp(u - Math.max(...Array.from(logits))))
  const sum = exps.reduce((a, b) => a + b, 0)
  let at = -box
  const below = exps.map((e) => {
    at += 2 * box * (1e-3 + (1 - exps.length * 1e-3) * (e / sum))
    return at
  })
  return [-box, ...below.slice(0, -1), box]
}

describe('the spline in float64', () => {
  for (const { name, circular, box, v, logDet, inverseLogDet, splines } of golden) {
    const kind = kinds[circular ? 1 : 0]
    const rows = v.length
    const raws = splines.map(({ widths, heights, slopes }) =>
      shared({ widths, heights, slopes: slopes.map((u) => u - SLOPE_SHIFT) }, rows),
    )
    const bins = splines[0].widths.length
    it(`${name}: both ways and the gradient are those of the library to 1e-12`, () => {
      const there = splines.map(({ x }, j) => forward(reference, kind, bins, box, raws[j], x))
      const back = splines.map(({ from }, j) => inverse(reference, kind, bins, box, raws[j], from))
      const close = (got: Numbers, expected: Numbers, tolerance = 1e-12) => {
        for (const [i, value] of Array.from(expected).entries()) {
          expect(relativeError(got[i], value), `${i}: ${got[i]}, expected ${value}`).toBeLessThan(tolerance)
        }
      }
      close(
        there[0].logDet.map((g, t) => g + there[1].logDet[t]),
        logDet,
      )
      close(
        back[0].logDet.map((g, t) => g + back[1].logDet[t]),
        inverseLogDet,
      )
      for (const [j, spline] of splines.entries()) {
        close(there[j].z, spline.z)
        close(back[j].x, spline.back)
        const { widths, heights, bin } = there[j]
        const given = { widths, heights, bin, slopes: raws[j].slopes, x: spline.x, dz: spline.weights, dLogDet: v }
        const got = run(reference, kind.backward, bins, rows, box, given)
        const total = (d: number[]) =>
          Array.from({ length: d.length / rows }, (_, k) =>
            d.slice(k * rows, (k + 1) * rows).reduce((a, b) => a + b, 0),
          )
        close(got.dx, spline.dx, 1e-10)
        for (const d of ['dWidths', 'dHeights', 'dSlopes'] as const) close(total(got[d]), spline[d], 1e-10)
      }
    })
  }

  it.each(kinds)('$name: zeros give the identity to 4 ulp', (kind) => {
    const x = [-3, -2.9, -1.25, 0, 1e-9, 0.7, 2.999, 3]
    const { z, logDet } = forward(
      reference,
      kind,
      7,
      3,
      shared({ widths: zeros(7), heights: zeros(7), slopes: zeros(knotsOf(kind, 7)) }, 8),
      x,
    )
    for (let t = 0; t < x.length; t++) {
      expect(Math.abs(z[t] - x[t])).toBeLessThanOrEqual(4 * 2 ** -52 * 2)
      expect(Math.abs(logDet[t])).toBeLessThan(1e-14)
    }
  })
})
