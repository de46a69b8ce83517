import { describe, expect, it } from 'vitest'
import { centralDifference, relativeError } from '../laws/differences.js'
import { normals, uniforms } from './inputs.js'
import { golden } from './rational-quadratic-golden.js'
import {
  both,
  draw,
  forward,
  GRADIENTS,
  inverse,
  kinds,
  knots,
  knotsOf,
  type Logits,
  maps,
  type Numbers,
  outside,
  reference,
  rowOf,
  run,
  shared,
  slopeShift,
  ways,
  zeros,
} from './rational-quadratic-stage.js'

describe('the spline in float64', () => {
  for (const { name, circular, box, minima, v, logDet, inverseLogDet, splines } of golden) {
    const kind = kinds[circular ? 1 : 0]
    const rows = v.length
    const raws = splines.map(({ widths, heights, slopes }) =>
      shared({ widths, heights, slopes: slopes.map((u) => u - slopeShift(minima.minDerivative)) }, rows),
    )
    const bins = splines[0].widths.length
    it(`${name}: both ways and the gradient are those of the library to 1e-12`, () => {
      const there = splines.map(({ x }, j) => forward(reference, kind, bins, box, raws[j], x, { minima }))
      const back = splines.map(({ from }, j) => inverse(reference, kind, bins, box, raws[j], from, { minima }))
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
        const got = run(reference, kind.backward, bins, rows, box, given, { minima })
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

  it('identity tails: outside of the box rows go through, and nothing has a gradient', () => {
    const x = [-1e3, -3 - 2 ** -51, 3 + 2 ** -51, 1e3]
    const through = { out: x, dIn: x, bin: [-1, -1, 5, 5], still: true }
    expect(outside(reference, x)).toEqual([through, through])
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
