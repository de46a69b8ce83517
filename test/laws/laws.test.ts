import { describe, expect, it } from 'vitest'
import { LawBench, normals, ROWS } from './bench.js'
import { bijections, type Case } from './bijections.js'
import { centralDifference, relativeError, STEP } from './differences.js'

/**
 * Parameters drawn wide: with this sd tanh saturates, slopes run from 0.1 to 8 and log-scales reach their clamp. Wider,
 * and e^s alone makes values so large (10⁵) that a difference at h = 1e-6 has no six digits left.
 */
const WIDE = 1

const SIDES = ['x', 'z'] as const

interface Setting {
  readonly bench: LawBench
  readonly params: Float64Array
  readonly input: Float64Array
  readonly context: Float64Array
}

function setting(bijection: Case, seed: number): Setting {
  const bench = new LawBench(bijection)
  const scaled = (n: number, s: number) => normals(n, s).map((value) => value * WIDE)
  return {
    bench,
    params: scaled(bench.parameters, seed),
    input: scaled(bijection.dim * ROWS, seed + 1),
    context: normals((bijection.contextDim ?? 0) * ROWS, seed + 2),
  }
}

/** The branches of all rows after a call, as one string. */
function allBranches(bench: LawBench): string {
  return Array.from({ length: ROWS }, (_, row) => bench.branches(row)).join(';')
}

/** ln|det| by Gaussian elimination with partial pivoting. */
function logAbsDet(matrix: number[][]): number {
  const a = matrix.map((row) => [...row])
  let sum = 0
  for (let c = 0; c < a.length; c++) {
    const pivot = a.slice(c).reduce((best, row, r) => (Math.abs(row[c]) > Math.abs(a[best][c]) ? r + c : best), c)
    ;[a[c], a[pivot]] = [a[pivot], a[c]]
    sum += Math.log(Math.abs(a[c][c]))
    for (let r = c + 1; r < a.length; r++) {
      const factor = a[r][c] / a[c][c]
      for (let k = c; k < a.length; k++) a[r][k] -= factor * a[c][k]
    }
  }
  return sum
}

/** ∂ output[i] / ∂ input[j] of one row, or undefined where a branch changes within the difference. */
function jacobian({ bench, params, input, context }: Setting, from: 'x' | 'z', dim: number, row: number) {
  const at = (j: number) => j * ROWS + row
  const columns: number[][] = []
  for (let j = 0; j < dim; j++) {
    const column: number[] = []
    for (let i = 0; i < dim; i++) {
      const derivative = centralDifference(input[at(j)], (value) => {
        const moved = input.slice()
        moved[at(j)] = value
        const { output } = bench.apply(from, params, moved, context)
        return { value: output[at(i)], branch: bench.branches(row) }
      })
      if (derivative === undefined) return undefined
      column.push(derivative)
    }
    columns.push(column)
  }
  return columns
}

describe.each(bijections)('$name', (bijection) => {
  const { dim } = bijection

  it.each(SIDES)('has the log-det of its finite-difference Jacobian, from %s', (from) => {
    const it = setting(bijection, 11)
    let compared = 0
    for (let row = 0; row < ROWS; row++) {
      const columns = jacobian(it, from, dim, row)
      if (!columns) continue
      const { logDet } = it.bench.apply(from, it.params, it.input, it.context)
      expect(relativeError(logDet[row], logAbsDet(columns))).toBeLessThan(1e-6)
      compared++
    }
    expect(compared).toBeGreaterThan(ROWS / 2)
  })

  it.each(SIDES)('comes back from a round trip that starts on %s, also far out and at the kink', (from) => {
    const { bench, params, input, context } = setting(bijection, 21)
    const edges = [1e3, -1e3, 0, -0, Number.MIN_VALUE]
    const there = input.map((value, i) => (i % ROWS < 2 ? value : edges[(i * 7) % edges.length]))
    const { output, logDet } = bench.apply(from, params, there, context)
    const back = bench.apply(from === 'x' ? 'z' : 'x', params, output, context)
    there.forEach((value, i) => {
      expect(relativeError(back.output[i], value)).toBeLessThan(1e-9)
    })
    logDet.forEach((value, t) => {
      expect(relativeError(-back.logDet[t], value)).toBeLessThan(1e-9)
    })
  })

  it.each(SIDES)('has the gradients of finite differences for parameters, input and context, from %s', (from) => {
    const { bench, params, input, context } = setting(bijection, 31)
    const dOutput = normals(dim * ROWS, 41)
    const dLogDet = normals(ROWS, 42)
    bench.apply(from, params, input, context)
    const gradients = bench.differentiate(from, dOutput, dLogDet)
    const objective = (p: Float64Array, x: Float64Array, c: Float64Array) => {
      const { output, logDet } = bench.apply(from, p, x, c)
      const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0)
      return { value: dot(dOutput, output) + dot(dLogDet, logDet), branch: allBranches(bench) }
    }
    const given = { params, input, context }
    let compared = 0
    let left = 0
    for (const name of ['params', 'input', 'context'] as const) {
      given[name].forEach((theta, i) => {
        const numerical = centralDifference(theta, (value) => {
          const moved = { ...given, [name]: given[name].slice() }
          moved[name][i] = value
          return objective(moved.params, moved.input, moved.context)
        })
        if (numerical === undefined) {
          left++
          return
        }
        expect(relativeError(gradients[name][i], numerical), `${name}[${i}]`).toBeLessThan(1e-6)
        compared++
      })
    }
    expect(compared).toBeGreaterThan(9 * left)
  })

  it('has an exactly zero Jacobian where coordinates do not depend on each other', () => {
    const it = setting(bijection, 51)
    const columns = jacobian(it, 'x', dim, 0) as number[][]
    for (const [i, j] of independentPairs(bijection)) expect(columns[j][i]).toBe(0)
  })
})

/** (output, input) pairs of a case whose derivative must vanish. */
function independentPairs({ spec, dim }: Case): [number, number][] {
  const all = Array.from({ length: dim * dim }, (_, k): [number, number] => [Math.floor(k / dim), k % dim])
  if (spec.type === 'leakyReLU') return all.filter(([i, j]) => i !== j)
  const mask = spec.mask as number[]
  return all.filter(([i, j]) => i !== j && (mask[i] === 1 || mask[j] === 0))
}

describe('leakyReLU at its kink', () => {
  it('has slope α below and 1 above, by one-sided differences', () => {
    const bench = new LawBench({ name: '', spec: bijections[0].spec, dim: 1 })
    const raw = -0.7
    const z = (x: number) => bench.apply('x', [raw], Array(ROWS).fill(x), []).output[0]
    expect((z(STEP) - z(0)) / STEP).toBeCloseTo(1, 12)
    expect((z(0) - z(-STEP)) / STEP).toBeCloseTo(Math.exp(raw), 12)
  })

  it('has log-det ln 0.73105997 = −0.31325978 for a non-positive coordinate, twice that for two', () => {
    const bench = new LawBench({ name: '', spec: bijections[1].spec, dim: 2 })
    const raw = Math.log(0.73105997)
    const { logDet } = bench.apply('x', [raw], [-1, -1, 1, 0, 2, -3, 1, -2, 1, 3], [])
    for (const [row, count] of [2, 1, 1, 1, 0].entries()) expect(logDet[row]).toBeCloseTo(count * -0.31325978, 7)
  })
})
