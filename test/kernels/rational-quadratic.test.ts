import asc from 'assemblyscript/asc'
import { describe, expect, it } from 'vitest'
import { normals, uniforms } from './inputs.js'
import {
  backward,
  both,
  draw,
  type Engine,
  forward,
  GRADIENTS,
  inverse,
  type Kind,
  kinds,
  knotsOf,
  type Logits,
  MINIMA,
  type Minima,
  maps,
  type Numbers,
  neighbour,
  ones,
  outside,
  REALS,
  reference,
  rowOf,
  type Seeds,
  shared,
  single,
  type Way,
  type Where,
  ways,
  zeros,
} from './rational-quadratic-stage.js'
import { EPS, ulp } from './ulp.js'

type Kernels = Readonly<Record<string, (...args: number[]) => number>>

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

const memory = new WebAssembly.Memory({ initial: (4 * REALS) / 65_536 })
const { exports } = new WebAssembly.Instance(await compile(), { env: { memory } })
const simd: Engine = {
  real: new Float32Array(memory.buffer),
  call: ({ id, counts, operands }, args) =>
    (exports as unknown as Kernels)[id](...[...counts, ...Object.keys(operands)].map((name) => args[name])),
}

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
function sensitivity(
  kind: Kind,
  way: Way,
  bins: number,
  raw: Logits,
  from: Numbers,
  seeds: Seeds,
  moved: number,
  minima: Minima,
) {
  const base = both(reference, kind, way, bins, raw, from, seeds, { minima })
  const wider = (p: number[]) =>
    p.map((share, i) => {
      const own = Math.floor(i / from.length) === base.bin[i % from.length]
      return Math.log(share + (own ? moved / (6 * (1 - bins * minima.minBinSize)) : 0))
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
  const found = probes.map(([logits, x]) => both(reference, kind, way, bins, logits, x, seeds, { minima }))
  const change = (name: string, i: number) =>
    found.reduce((sum, probe) => sum + Math.abs(probe[name][i] - base[name][i]), 0)
  const bin = (t: number) => [base, ...found].map((probe) => probe.bin[t])
  return { base, change, bin }
}

const CASES = [1, 2, 5, 8, 16].flatMap((bins) =>
  [0, 1, 4].flatMap((factor) => LENGTHS.map((rows) => ({ bins, factor, rows, minima: MINIMA }))),
)
/** The ends of what the transformer takes, and between. */
const OTHER_MINIMA = [
  { minBinSize: 1e-6, minDerivative: 1e-6 },
  { minBinSize: 0.02, minDerivative: 0.05 },
  { minBinSize: 0.062, minDerivative: 0.999 },
].flatMap((minima) => [2, 5, 16].map((bins) => ({ bins, factor: 1, rows: 129, minima })))

/** Ends of the bins that values come in by, as the SIMD kernels have them. */
function simdKnots(kind: Kind, way: Way, bins: number, one: Logits): number[] {
  const there = maps[way](simd, kind, bins, 3, one, [0])
  const scale = Math.fround(6 * (1 - bins * 1e-3))
  let at = -3
  const widths = (way === 'forward' ? there.widths : there.heights).slice(0, -1)
  const inner = widths.map((p) => {
    at = Math.fround(at + Math.fround(Math.fround(p * scale) + Math.fround(6e-3)))
    return at
  })
  return [-3, ...inner, 3]
}

/** Where, in bin k, distances from the ends are as the slopes at them. */
function meeting(kind: Kind, { slopes }: Logits, ends: readonly number[], k: number): number {
  const knot = kind.circular ? k : k - 1
  const slope = (i: number) => 1e-3 + Math.log1p(Math.exp(Math.min(slopes[i] + 0.5397424172369522, 700)))
  const d0 = knot < 0 ? 1 : slope(knot)
  const next = kind.circular ? (k + 1) % slopes.length : k
  const d1 = next >= slopes.length ? 1 : slope(next)
  return ends[k] + (ends[k + 1] - ends[k]) * (d0 / (d0 + d1))
}

describe('SIMD kernels', () => {
  it('identity tails: outside of the box rows go through, and nothing has a gradient; NaN and ±∞ stay what they are', () => {
    const x = [-1e6, Math.fround(-3 - 2 ** -22), Math.fround(3 + 2 ** -22), 1e6]
    const through = { out: x, dIn: x, bin: [-1, -1, 5, 5], still: true }
    expect(outside(simd, x)).toEqual([through, through])
    const none = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    expect(outside(simd, none).map(({ out }) => out)).toEqual([none, none])
  })

  it('±B is mapped to ±B', () => {
    for (const kind of kinds) {
      for (const { way, out } of ways) {
        for (let seed = 0; seed < 300; seed++) {
          const bins = 1 + (seed % 20)
          const raw = shared(draw(kind, bins, 1, seed, 1 + (seed % 7)), 2)
          expect(maps[way](simd, kind, bins, 3, raw, [-3, 3])[out]).toEqual([-3, 3])
        }
      }
    }
  })

  for (const kind of kinds) {
    for (const { way, out, dIn } of ways) {
      const name = `${kind.name}, ${way}`
      it(`${name}: float32 agrees with float64 as if rows and knots had moved by (K/2 + 2) ulp of B, and within 16·ε of the terms`, () => {
        const misses: string[] = []
        let [compared, all] = [0, 0]
        for (const { bins, factor, rows, minima } of [...CASES, ...OTHER_MINIMA]) {
          const raw = draw(kind, bins, rows, rows, factor)
          const from = places(kind, rows, bins)
          const seeds = { dOut: normals(rows, 1), dLogDet: normals(rows, 2) }
          const { base, change, bin } = sensitivity(kind, way, bins, raw, from, seeds, (2 + bins / 2) * ulp(3), minima)
          const engines = [
            ['simd', both(simd, kind, way, bins, raw, from, seeds, { minima })],
            ['single', both(single, kind, way, bins, raw, from, seeds, { minima })],
          ] as const
          const magnitude = (t: number) =>
            6 * (Math.abs(base[dIn][t]) + Math.abs(seeds.dOut[t])) + 6 * Math.abs(seeds.dLogDet[t])
          for (const [engine, got] of engines) {
            const note = (operand: string, i: number, tolerance: number) => {
              const [value, expected] = [got[operand][i], base[operand][i]]
              if (Math.abs(value - expected) <= tolerance) return
              misses.push(`${engine}, ${bins} bins, ${operand}[${i}] is ${value}, not ${expected} ± ${tolerance}`)
            }
            for (let t = 0; t < rows; t++) {
              const near = bin(t)
              note('bin', t, Math.max(...near.map((k) => Math.abs(k - base.bin[t]))))
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
        }
        expect(misses.slice(0, 8)).toEqual([])
        expect(compared).toBeGreaterThan(0.85 * all)
      })

      it(`${name}: softmax is within (6 + K/2 + distance from the largest logit)·ε of itself`, () => {
        for (const { bins, factor, rows } of CASES) {
          const raw = draw(kind, bins, rows, rows, factor)
          const from = places(kind, rows, bins)
          const [got, expected] = [simd, reference].map((engine) => maps[way](engine, kind, bins, 3, raw, from))
          for (const side of ['widths', 'heights'] as const) {
            const top = Array.from({ length: rows }, (_, t) => Math.max(...rowOf(raw, rows, t)[side]))
            const worst = expected[side].reduce((most, p, i) => {
              const tolerance = (6 + bins / 2 + top[i % rows] - raw[side][i]) * EPS * p
              return Math.max(most, Math.abs(got[side][i] - p) / tolerance)
            }, 0)
            expect(worst).toBeLessThanOrEqual(1)
          }
        }
      })

      it(`${name}: wherever operands lie, results over what they follow from too, bits are the same and nothing else is written`, () => {
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
          const inPlace = { at: { [out]: way === 'forward' ? 'x' : 'z' } }
          expect(maps[way](simd, kind, bins, 3, raw, from, inPlace)).toEqual(there)
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
        for (let seed = 0; seed < 120; seed++) {
          const bins = 1 + (seed % 12)
          const one = draw(kind, bins, 1, seed, [0.3, 1, 4, 1e4][seed % 4])
          const ends = simdKnots(kind, way, bins, one)
          // Around ends of bins, where the inverse goes over from one root to the other, and anywhere.
          const around = ends.flatMap((end, k) => [end, ...(k < bins ? [meeting(kind, one, ends, k)] : [])])
          const beside = around.flatMap((x) => Array.from({ length: 48 }, (_, i) => neighbour(x, i - 24)))
          const from = Float32Array.from([...beside, ...uniforms(500, seed, -3, 3)]).sort()
          const values = kind.circular ? from.map((x) => Math.min(Math.max(x, -3), 3)) : from
          const got = maps[way](simd, kind, bins, 3, shared(one, values.length), values)[out]
          const at = got.findIndex((value, t) => t > 0 && value < got[t - 1])
          const crossing = `${seed}: ${values[at - 1]} to ${got[at - 1]}, ${values[at]} to ${got[at]}`
          expect(at < 0 ? '' : crossing).toBe('')
        }
      })

      it(`${name}: a row at the end of two bins lies in the upper one`, () => {
        for (let seed = 0; seed < 50; seed++) {
          const one = draw(kind, 9, 1, seed, 1)
          const ends = simdKnots(kind, way, 9, one)
          const { bin } = maps[way](simd, kind, 9, 3, shared(one, 10), ends)
          expect(bin).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 8])
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
