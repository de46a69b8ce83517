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

const REALS = 1 << 18
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

/** One row's numbers by themselves. */
function rowOf(logits: Logits, rows: number, t: number): Logits {
  const own = (numbers: Numbers) => Array.from(numbers).filter((_, i) => i % rows === t)
  return { widths: own(logits.widths), heights: own(logits.heights), slopes: own(logits.slopes) }
}

const GRADIENTS = [
  ['widths', 'dWidths'],
  ['heights', 'dHeights'],
  ['slopes', 'dSlopes'],
] as const

const zeros = (n: number) => new Array<number>(n).fill(0)
const ones = (n: number) => new Array<number>(n).fill(1)

function forward(engine: Engine, kind: Kind, bins: number, box: number, logits: Logits, x: Numbers, where?: Where) {
  return run(engine, kind.forward, bins, x.length, box, { ...logits, x, logDet: zeros(x.length) }, where)
}

function inverse(engine: Engine, kind: Kind, bins: number, box: number, logits: Logits, z: Numbers, where?: Where) {
  return run(engine, kind.inverse, bins, z.length, box, { ...logits, z, logDet: zeros(z.length) }, where)
}

const maps = { forward, inverse }
const ways = [
  { way: 'forward', out: 'z', dIn: 'dx' },
  { way: 'inverse', out: 'x', dIn: 'dz' },
] as const
type Way = keyof typeof maps
type Results = Readonly<Record<string, number[]>>

/** Weights of the values that come out, and of the log-det. */
interface Seeds {
  readonly dOut: Numbers
  readonly dLogDet: Numbers
}

/** The way back after one there that gave `there` for `from`. */
function backward(
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

function both(
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
function neighbour(x: number, steps: number): number {
  const [value, bits] = [new Float32Array([x]), new Int32Array(1)]
  const view = new Int32Array(value.buffer)
  bits[0] = view[0] < 0 ? -(view[0] & 0x7fffffff) : view[0]
  bits[0] += steps
  view[0] = bits[0] < 0 ? -bits[0] | 0x80000000 : bits[0]
  return value[0]
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

  it.each(kinds)('$name: zeros give the identity to 4 ulp of the box', (kind) => {
    const x = [-3, -2.9, -1.25, 0, 1e-9, 0.7, 2.999, 3]
    const raw = { widths: zeros(7), heights: zeros(7), slopes: zeros(knotsOf(kind, 7)) }
    const { z, logDet } = forward(reference, kind, 7, 3, shared(raw, x.length), x)
    for (let t = 0; t < x.length; t++) {
      expect(Math.abs(z[t] - x[t])).toBeLessThanOrEqual(4 * 2 ** -51)
      expect(Math.abs(logDet[t])).toBeLessThan(1e-14)
    }
  })

  it('identity tails: outside of the box, rows go through, ±∞ and NaN too, and nothing has a gradient', () => {
    const x = [-1e3, -3 - 2 ** -51, 3 + 2 ** -51, 1e3, Infinity, -Infinity, NaN]
    const [kind] = kinds
    for (const engine of [reference, simd]) {
      const given = Array.from(x, (value) => (engine === simd ? Math.fround(value * (1 + 2 ** -22)) : value))
      const raw = draw(kind, 5, x.length, 3, 2)
      const there = forward(engine, kind, 5, 3, raw, given)
      expect(there.z).toEqual(given)
      expect(there.logDet).toEqual(zeros(x.length))
      expect(there.bin).toEqual([-1, -1, 5, 5, 5, -1, -1])
      const back = inverse(engine, kind, 5, 3, raw, given)
      expect(back.x).toEqual(given)
      expect(back.bin).toEqual(there.bin)
      const dOut = [1, 2, 3, 4, 5, 6, 7]
      const kept = { widths: there.widths, heights: there.heights, slopes: raw.slopes, x: given, bin: there.bin }
      const got = run(engine, kind.backward, 5, x.length, 3, { ...kept, dz: dOut, dLogDet: dOut })
      const inverted = run(engine, kind.inverseBackward, 5, x.length, 3, { ...kept, dx: dOut, dLogDet: dOut })
      expect(got.dx).toEqual(dOut)
      expect(inverted.dz).toEqual(dOut)
      for (const d of ['dWidths', 'dHeights', 'dSlopes']) {
        // Zeros of either sign; of what is no number there is no gradient.
        const finite = [...got[d], ...inverted[d]].filter((_, i) => i % x.length < x.length - 1)
        expect(finite.every((value) => value === 0)).toBe(true)
      }
    }
  })

  it('circular: the slope at B is that at −B', () => {
    const [, kind] = kinds
    const { z, logDet } = forward(reference, kind, 6, Math.PI, shared(draw(kind, 6, 1, 8, 2), 2), [-Math.PI, Math.PI])
    expect(z).toEqual([-Math.PI, Math.PI])
    expect(Math.abs(logDet[0] - logDet[1])).toBeLessThan(1e-14)
    expect(Math.abs(logDet[0])).toBeGreaterThan(0.1)
  })

  for (const kind of kinds) {
    it(`${kind.name}: the log-det is the logarithm of ∂z/∂x by central differences to 1e-6, both ways`, () => {
      for (const bins of [1, 2, 5, 8, 20]) {
        const rows = 64
        const raw = draw(kind, bins, rows, bins, 1)
        const from = uniforms(rows, bins, -2.9, 2.9)
        for (const [map, out] of [[forward, 'z'] as const, [inverse, 'x'] as const]) {
          const { logDet } = map(reference, kind, bins, 3, raw, from)
          let compared = 0
          for (let t = 0; t < rows; t++) {
            const slope = centralDifference(from[t], (value) => {
              const moved = map(reference, kind, bins, 3, rowOf(raw, rows, t), [value])
              return { value: moved[out][0], branch: `${moved.bin[0]}` }
            })
            if (slope === undefined) continue
            expect(relativeError(Math.log(slope), logDet[t]), `${bins} bins, row ${t}`).toBeLessThan(1e-6)
            compared++
          }
          expect(compared).toBeGreaterThan(rows / 2)
        }
      }
    })

    for (const { way, out, dIn } of ways) {
      it(`${kind.name}, ${way}: gradients are those by fourth-order central differences to 1e-6`, () => {
        let compared = 0
        for (const [bins, factor] of [1, 2, 3, 8].flatMap((k) => [[k, 1] as const, [k, 3] as const])) {
          const rows = 40
          const raw = draw(kind, bins, rows, 10 * bins, factor)
          const from = uniforms(rows, bins, -3.3, 3.3).map((x) => (kind.circular ? x / 1.2 : x))
          const [dOut, dLogDet] = [normals(rows, 1), normals(rows, 2)]
          const got = both(reference, kind, way, bins, raw, from, { dOut, dLogDet })
          const difference = (t: number, at: number, changed: (value: number) => readonly [Logits, number]) =>
            centralDifference(at, (value) => {
              const [logits, x] = changed(value)
              const moved = maps[way](reference, kind, bins, 3, logits, [x])
              return { value: dOut[t] * moved[out][0] + dLogDet[t] * moved.logDet[0], branch: `${moved.bin[0]}` }
            })
          const check = (name: string, found: number, expected: number | undefined) => {
            if (expected === undefined) return
            expect(relativeError(found, expected), `${name}, ${bins} bins`).toBeLessThan(1e-6)
            compared++
          }
          for (let t = 0; t < rows; t++) {
            const own = rowOf(raw, rows, t)
            check(
              `${dIn} ${t}`,
              got[dIn][t],
              difference(t, from[t], (value) => [own, value]),
            )
            for (const [name, d] of GRADIENTS) {
              for (let k = 0; k < own[name].length; k++) {
                const changed = (value: number) => ({ ...own, [name]: Array.from(own[name]).with(k, value) })
                const expected = difference(t, own[name][k], (value) => [changed(value), from[t]])
                check(`${d} ${k} of row ${t}`, got[d][k * rows + t], expected)
              }
            }
          }
        }
        expect(compared).toBeGreaterThan(2500)
      })
    }

    it(`${kind.name}: at knots, ±B, beside them and far outside, the way there and back is within 1e-9`, () => {
      const raw = draw(kind, 8, 1, 77, 2)
      const edges = [...knots(raw.widths, 3), ...knots(raw.heights, 3)]
      const beside = edges.flatMap((x) => [x, x * (1 + 2 ** -52), x * (1 - 2 ** -52)])
      const x = [...beside, -1e3, 1e3, 0].filter((value) => !kind.circular || Math.abs(value) <= 3)
      const logits = shared(raw, x.length)
      const there = forward(reference, kind, 8, 3, logits, x)
      const back = inverse(reference, kind, 8, 3, logits, there.z)
      const first = inverse(reference, kind, 8, 3, logits, x)
      const again = forward(reference, kind, 8, 3, logits, first.x)
      for (let t = 0; t < x.length; t++) {
        expect(relativeError(back.x[t], x[t]), `x = ${x[t]}`).toBeLessThan(1e-9)
        expect(relativeError(again.z[t], x[t]), `z = ${x[t]}`).toBeLessThan(1e-9)
        expect(Math.abs(there.logDet[t] + back.logDet[t])).toBeLessThan(1e-9)
      }
    })
  }
})

/** Rows' own draws at every kind of place: within bins, at knots as float32 has them, at the box's ends and outside. */
function places(kind: Kind, rows: number, seed: number): Float32Array {
  const edge = [3, -3, Math.fround(3 - 2 ** -22), Math.fround(2 ** -22 - 3), 0, -0, 1e-30]
  const outside = kind.circular ? [] : [Math.fround(3 + 2 ** -22), Math.fround(-3 - 2 ** -22), 1e6, -1e6]
  const all = [...edge, ...outside]
  return uniforms(rows, seed, -3.2, 3.2).map((x, t) =>
    t % 6 === 5 ? all[Math.floor(t / 6) % all.length] : kind.circular ? x / 1.07 : x,
  )
}

const LENGTHS = [0, 1, 3, 4, 5, 8, 31, 127, 128, 129]
const LAYOUTS: Where[] = [{}, { shift: 1 }, { pad: 3, shift: 2 }, { pad: 16 }]

/** What moving a row's input, and widening and raising its bin, by `moved` changes in the reference's way there and back. */
function sensitivity(kind: Kind, way: Way, bins: number, raw: Logits, from: Numbers, seeds: Seeds, moved: number) {
  const base = both(reference, kind, way, bins, raw, from, seeds)
  const wider = (p: number[]) =>
    p.map((share, i) => {
      const own = Math.floor(i / from.length) === base.bin[i % from.length]
      return Math.log(share + (own ? moved / (6 * (1 - bins * 1e-3)) : 0))
    })
  // What comes out is rounded, too: the way back sees no more of the inverse than that.
  const step = (t: number) => moved * (way === 'forward' ? 1 : 1 + Math.exp(-base.logDet[t]))
  const to = (sign: number) =>
    Array.from(from, (x, t) => (Math.abs(x) < 3 ? Math.min(Math.max(x + sign * step(t), -3), 3) : x))
  const probes = [
    [raw, to(1)],
    [raw, to(-1)],
    [{ ...raw, widths: wider(base.widths) }, from],
    [{ ...raw, heights: wider(base.heights) }, from],
  ] as const
  const found = probes.map(([logits, x]) => both(reference, kind, way, bins, logits, x, seeds))
  const change = (name: string, i: number) =>
    found.reduce((sum, probe) => sum + Math.abs(probe[name][i] - base[name][i]), 0)
  const bin = (t: number) => [base, ...found].map((probe) => probe.bin[t])
  return { base, change, bin }
}

const CASES = [1, 2, 5, 8, 16].flatMap((bins) =>
  [0, 1, 4].flatMap((factor) => LENGTHS.map((rows) => ({ bins, factor, rows }))),
)

describe('SIMD kernels', () => {
  for (const kind of kinds) {
    for (const { way, out, dIn } of ways) {
      const name = `${kind.name}, ${way}`
      it(`${name}: agree with the reference as if rows and knots had moved by (K/2 + 2) ulp of B, and within 16·ε of the terms`, () => {
        const misses: string[] = []
        let [compared, all] = [0, 0]
        for (const { bins, factor, rows } of CASES) {
          const raw = draw(kind, bins, rows, rows, factor)
          const from = places(kind, rows, bins)
          const seeds = { dOut: normals(rows, 1), dLogDet: normals(rows, 2) }
          const { base, change, bin } = sensitivity(
            kind,
            way,
            bins,
            raw,
            from,
            seeds,
            (+(process.env.KK ?? 2) + bins / 2) * ulp(3),
          )
          const got = both(simd, kind, way, bins, raw, from, seeds)
          const magnitude = (t: number) =>
            6 * (Math.abs(base[dIn][t]) + Math.abs(seeds.dOut[t])) + 6 * Math.abs(seeds.dLogDet[t])
          const note = (operand: string, i: number, tolerance: number) => {
            if (Math.abs(got[operand][i] - base[operand][i]) <= tolerance) return
            misses.push(
              `${bins} bins ·${factor}, ${operand}[${i}] of ${rows} is ${got[operand][i]}, not ${base[operand][i]} ± ${tolerance}`,
            )
          }
          for (let t = 0; t < rows; t++) {
            const near = bin(t)
            if (got.bin[t] < Math.min(...near) || got.bin[t] > Math.max(...near))
              misses.push(`bin of ${t}: ${got.bin[t]}, ${near}`)
            note(out, t, change(out, t) + 16 * EPS * (1 + Math.abs(base[out][t])))
            note('logDet', t, change('logDet', t) + 16 * EPS * (1 + Math.abs(base.logDet[t])))
            all++
            if (near.some((k) => k !== got.bin[t])) continue
            compared++
            note(dIn, t, change(dIn, t) + 16 * EPS * magnitude(t))
            for (const [, d] of GRADIENTS) {
              for (let i = t; i < base[d].length; i += rows) note(d, i, change(d, i) + 16 * EPS * magnitude(t))
            }
          }
        }
        expect(misses.slice(0, 8)).toEqual([])
        expect(compared).toBeGreaterThan(0.85 * all)
      })

      it(`${name}: softmax is within (6 + K/2 + range)·ε of itself`, () => {
        for (const { bins, factor, rows } of CASES) {
          const raw = draw(kind, bins, rows, rows, factor)
          const from = places(kind, rows, bins)
          const seeds = { dOut: zeros(rows), dLogDet: zeros(rows) }
          const [got, expected] = [simd, reference].map((engine) => both(engine, kind, way, bins, raw, from, seeds))
          for (const side of ['widths', 'heights'] as const) {
            const worst = expected[side].reduce((most, p, i) => {
              const own = rowOf(raw, rows, i % rows)[side]
              const range = Math.max(...Array.from(own)) - raw[side][i]
              return Math.max(most, Math.abs(got[side][i] - p) / (p * EPS * (6 + bins / 2 + range)))
            }, 0)
            expect(worst).toBeLessThanOrEqual(1)
          }
        }
      })

      it(`${name}: wherever operands lie, gradients over their parameters too, bits are the same and nothing else is written`, () => {
        for (const { bins, rows } of CASES.filter(({ factor }) => factor === 1)) {
          const raw = draw(kind, bins, rows, rows, 1)
          const from = places(kind, rows, bins)
          const seeds = { dOut: normals(rows, 1), dLogDet: normals(rows, 2) }
          const expected = both(simd, kind, way, bins, raw, from, seeds)
          for (const where of LAYOUTS) expect(both(simd, kind, way, bins, raw, from, seeds, where)).toEqual(expected)
          const over = {
            dWidths: 'widths',
            dHeights: 'heights',
            dSlopes: 'slopes',
            [dIn]: way === 'forward' ? 'dz' : 'dx',
          }
          const there = maps[way](simd, kind, bins, 3, raw, from)
          const got = backward(simd, kind, way, bins, raw, there, from, seeds, { at: over })
          for (const [operand, values] of Object.entries(got)) expect(values).toEqual(expected[operand])
          const double = both(reference, kind, way, bins, raw, from, seeds)
          const doubleThere = maps[way](reference, kind, bins, 3, raw, from)
          const doubleGot = backward(reference, kind, way, bins, raw, doubleThere, from, seeds, { at: over })
          for (const [operand, values] of Object.entries(doubleGot)) expect(values).toEqual(double[operand])
        }
      })

      it(`${name}: a row has the same bits alone`, () => {
        const rows = 7
        const raw = draw(kind, 8, rows, 5, 2)
        const from = places(kind, rows, 4)
        const seeds = { dOut: normals(rows, 1), dLogDet: normals(rows, 2) }
        const all = both(simd, kind, way, 8, raw, from, seeds)
        for (let t = 0; t < rows; t++) {
          const own = { dOut: [seeds.dOut[t]], dLogDet: [seeds.dLogDet[t]] }
          const alone = both(simd, kind, way, 8, rowOf(raw, rows, t), [from[t]], own)
          for (const [operand, values] of Object.entries(alone)) {
            expect(values).toEqual(all[operand].filter((_, i) => i % rows === t))
          }
        }
      })

      it(`${name}: everything is finite for logits up to ±10⁴ and values up to ±10⁶`, () => {
        const values = [0, -0, 1e-38, -1e-30, 3, -3, 2.999, ...(kind.circular ? [] : [-1e6, 1e6, 3.001])]
        const seeds = { dOut: ones(values.length), dLogDet: ones(values.length) }
        for (let seed = 0; seed < 400; seed++) {
          const bins = 1 + (seed % 9)
          const drawn = draw(kind, bins, values.length, seed, seed % 3 === 0 ? 1e4 : 50)
          const clip = (numbers: Numbers) => Array.from(numbers, (u) => Math.min(Math.max(u, -1e4), 1e4))
          const raw = { widths: clip(drawn.widths), heights: clip(drawn.heights), slopes: clip(drawn.slopes) }
          for (const engine of [simd, reference]) {
            const got = both(engine, kind, way, bins, raw, values, seeds)
            const bad = Object.entries(got).filter(([, numbers]) => !numbers.every(Number.isFinite))
            expect(bad.map(([operand]) => operand)).toEqual([])
          }
        }
      })

      it(`${name}: of two values under one spline the greater is never mapped below the other, not by an ulp`, () => {
        for (let seed = 0; seed < 150; seed++) {
          const bins = 1 + (seed % 12)
          const one = draw(kind, bins, 1, seed, [1, 4, 40, 1e4][seed % 4])
          const around = [...knots(one.widths, 3), ...knots(one.heights, 3), uniforms(1, seed, -3, 3)[0]]
          const beside = around.flatMap((x) => Array.from({ length: 64 }, (_, i) => neighbour(x, i - 32)))
          const from = Float32Array.from([...beside, ...uniforms(2000, seed, -3, 3)]).sort()
          const values = kind.circular ? from.map((x) => Math.min(Math.max(x, -3), 3)) : from
          const got = maps[way](simd, kind, bins, 3, shared(one, values.length), values)[out]
          const crossing = got.findIndex((value, t) => t > 0 && value < got[t - 1])
          expect(
            crossing < 0
              ? ''
              : `${seed}: ${values[crossing - 1]} to ${got[crossing - 1]}, ${values[crossing]} to ${got[crossing]}`,
          ).toBe('')
        }
      })
    }

    it(`${kind.name}: the way there and back is within 4 ulp of B, and 4 by 1/(∂z/∂x)`, () => {
      let worst = 0
      for (let seed = 0; seed < 200; seed++) {
        const bins = 1 + (seed % 16)
        const raw = draw(kind, bins, 128, seed, [0.5, 2, 8, 30][seed % 4])
        const x = uniforms(128, seed, -3, 3)
        const there = forward(simd, kind, bins, 3, raw, x)
        const back = inverse(simd, kind, bins, 3, raw, there.z)
        for (let t = 0; t < x.length; t++) {
          worst = Math.max(worst, Math.abs(back.x[t] - x[t]) / (ulp(3) * (1 + Math.exp(-there.logDet[t]))))
        }
      }
      expect(worst).toBeLessThanOrEqual(4)
    })

    it(`${kind.name}: zeros give the identity to 2 ulp of B, and log-dets within 8·ε`, () => {
      for (const bins of [1, 2, 5, 8, 16]) {
        const x = uniforms(100, bins, -3, 3)
        const raw = { widths: zeros(100 * bins), heights: zeros(100 * bins), slopes: zeros(100 * knotsOf(kind, bins)) }
        const [there, back] = [forward(simd, kind, bins, 3, raw, x), inverse(simd, kind, bins, 3, raw, x)]
        for (let t = 0; t < x.length; t++) {
          expect(Math.abs(there.z[t] - x[t])).toBeLessThanOrEqual(2 * ulp(3))
          expect(Math.abs(back.x[t] - x[t])).toBeLessThanOrEqual(2 * ulp(3))
          expect(Math.abs(there.logDet[t])).toBeLessThanOrEqual(8 * EPS)
          expect(Math.abs(back.logDet[t])).toBeLessThanOrEqual(8 * EPS)
        }
      }
    })
  }
})
