import { Flow, fit, logProb as logProbOf } from 'pushforward'
import { afterAll, describe, expect, it } from 'vitest'
import { descriptionOf, draw, LawBench, type Numbers, normals, ROWS, SIDES } from './bench.js'
import { bijections } from './bijections.js'
import type { Case } from './cases/case.js'
import { centralDifference, centralDifferences, relativeError } from './differences.js'
import { logAbsDet } from './log-det.js'

interface Setting extends Numbers {
  readonly bench: LawBench
}

/** Numbers for a pass from that side, and a bench for it; with masks, where there are some. */
function setting(given: Case, seed: number, from: 'x' | 'z'): Setting {
  return { bench: new LawBench(given, { key: given.key }), ...draw(given, from, seed) }
}

/** The branches of all rows after a call, as one string. */
function allBranches(bench: LawBench, from: 'x' | 'z'): string {
  return Array.from({ length: ROWS }, (_, row) => bench.branches(row, from)).join(';')
}

/** Columns j of ∂ output[i] / ∂ input[j] of one row, or undefined where a branch changes within a difference. */
function jacobian({ bench, params, input, context }: Setting, from: 'x' | 'z', dim: number, row: number) {
  const places = Array.from({ length: dim }, (_, j) => j * ROWS + row)
  const columns: number[][] = []
  for (const at of places) {
    const column = centralDifferences(input[at], (value) => {
      const { output } = bench.apply(from, params, input.with(at, value), context)
      return { values: places.map((to) => output[to]), branch: bench.branches(row, from) }
    })
    if (!column) return undefined
    columns.push(column)
  }
  return columns
}

/** The worst relative gradient errors, by case, for the table that is printed at the end. */
const worst = new Map<string, string[]>()

afterAll(() => {
  const lines = [...worst].map(([name, figures]) => `${name}: ${figures.join(', ')}`)
  console.info(['worst relative errors of gradients', ...lines].join('\n'))
})

/** Row-major rows as a tile has them. */
function turned(values: Float64Array, rows: number): Float64Array {
  const columns = values.length / rows
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)])
}

/** Of the mean −ln p of rows [rows, dim], where the first step of training with the seed of the case's key drops units. */
function maskedGradient(
  given: Case,
  params: ArrayLike<number>,
  data: Float64Array,
  context: Float64Array = new Float64Array(0),
): Float64Array {
  const { dim } = given
  const rows = data.length / dim
  const key = { seed: given.key?.seed ?? 0, step: 0, firstRow: 0 }
  const bench = new LawBench(given, { kernels: 'simd', rows, key })
  const { output } = bench.apply('x', params, turned(data, rows), turned(context, rows))
  // −ln p = ½|z|² − log-det, and a constant.
  const gradients = bench.differentiate('x', output, new Float64Array(rows).fill(-1))
  return gradients.params.map((value) => value / rows)
}

describe.each(bijections)('$name', (bijection) => {
  const { dim, key } = bijection
  const unmasked: Case = { ...bijection, key: undefined }

  it.each(SIDES)('has the log-det of its finite-difference Jacobian, from %s', (from) => {
    const it = setting(bijection, 11, from)
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

  it.each(SIDES)('comes back from a round trip that starts on %s, also far out and at edges', (from) => {
    const { bench, params, input, context } = setting(unmasked, 21, from)
    const edges = bijection.edges ?? [1e3, -1e3, 0, -0, Number.MIN_VALUE]
    const usable = from === 'x' || !bijection.imageOnly
    const there = input.map((value, i) => (i % ROWS < 2 || !usable ? value : edges[(i * 7) % edges.length]))
    const { output, logDet } = bench.apply(from, params, there, context)
    const back = bench.apply(from === 'x' ? 'z' : 'x', params, output, context)
    const tolerance = bijection.roundTrip ?? 1e-9
    there.forEach((value, i) => {
      expect(relativeError(back.output[i], value)).toBeLessThan(tolerance)
    })
    logDet.forEach((value, t) => {
      expect(relativeError(-back.logDet[t], value)).toBeLessThan(tolerance)
    })
  })

  it.each(SIDES)('has the gradients of finite differences for parameters, input and context, from %s', (from) => {
    const { bench, params, input, context } = setting(bijection, 31, from)
    const dOutput = normals(dim * ROWS, 41)
    const dLogDet = normals(ROWS, 42)
    bench.apply(from, params, input, context)
    const gradients = bench.differentiate(from, dOutput, dLogDet)
    const objective = (p: Float64Array, x: Float64Array, c: Float64Array) => {
      const { output, logDet } = bench.apply(from, p, x, c)
      const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0)
      return { value: dot(dOutput, output) + dot(dLogDet, logDet), branch: allBranches(bench, from) }
    }
    const given = { params, input, context }
    let [compared, left, most] = [0, 0, 0]
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
        const error = relativeError(gradients[name][i], numerical)
        expect(error, `${name}[${i}]`).toBeLessThan(1e-6)
        most = Math.max(most, error)
        compared++
      })
    }
    expect(compared).toBeGreaterThan(9 * left)
    worst.set(bijection.name, [...(worst.get(bijection.name) ?? []), `from ${from} ${most.toExponential(1)}`])
  })

  it('has an exactly zero Jacobian where coordinates do not depend on each other', () => {
    const independent = bijection.independent?.(dim) ?? []
    if (independent.length === 0) return
    const columns = jacobian(setting(bijection, 51, 'x'), 'x', dim, 0) as number[][]
    for (const [i, j] of independent) expect(columns[j][i]).toBe(0)
  })

  it('has the same numbers evaluated, in a tile that keeps nothing, as differentiated', () => {
    const precision = 'float64'
    const flow = new Flow(descriptionOf(bijection, precision), { kernels: 'portable' })
    const { bench, params, input, context } = setting(unmasked, 61, 'x')
    flow.parameters.set(params)
    if (bijection.state) flow.numbers.set(bijection.state, flow.parameters.length)
    const { output, logDet } = bench.apply('x', params, input, context)
    const rowsOf = (values: Float64Array, columns: number) =>
      Array.from({ length: ROWS }, (_, t) => Array.from({ length: columns }, (_, j) => values[j * ROWS + t]))
    const given = context.length > 0 ? { context: rowsOf(context, context.length / ROWS) } : {}
    const evaluated = flow.forward(rowsOf(input, dim), given)
    expect(evaluated.z.toArray()).toEqual(rowsOf(output, dim))
    expect([...evaluated.logDet]).toEqual([...logDet])
  })

  it('agrees under SIMD with the reference to float32, both ways and both ways back', () => {
    const rows = 67
    for (const from of SIDES) {
      const [reference, simd] = (['portable', 'simd'] as const).map(
        (kernels) => new LawBench(bijection, { rows, kernels, key }),
      )
      const single = (values: Float64Array) => Float64Array.from(Float32Array.from(values))
      const params = single(normals(reference.parameters, 71).map((value) => 0.5 * value))
      const context = single(normals((bijection.contextDim ?? 0) * rows, 72))
      const free = normals(dim * rows, 73).map((value) => bijection.data?.(value) ?? value)
      const usable = from === 'x' || !bijection.imageOnly
      const input = single(usable ? free : reference.apply('x', params, free, context).output)
      const [dOutput, dLogDet] = [single(normals(dim * rows, 74)), single(normals(rows, 75))]
      const [a, b] = [reference, simd].map((bench) => {
        const { output, logDet } = bench.apply(from, params, input, context)
        const branches = Array.from({ length: rows }, (_, row) => bench.branches(row, from))
        return { output, logDet, branches, ...bench.differentiate(from, dOutput, dLogDet) }
      })
      const differing = a.branches.filter((branch, row) => branch !== b.branches[row]).length
      expect(differing).toBeLessThan(3)
      const close = (name: 'output' | 'logDet' | 'input' | 'params' | 'context', bound: number) => {
        const scale = Math.max(1, ...a[name].map(Math.abs))
        const far = [...a[name]].flatMap((value, i) => {
          const row = name === 'params' ? -1 : i % rows
          if (row >= 0 && a.branches[row] !== b.branches[row]) return []
          return Math.abs(b[name][i] - value) < bound * scale ? [] : [`${name}[${i}]: ${b[name][i]} for ${value}`]
        })
        expect(far, `from ${from}`).toEqual([])
      }
      close('output', 1e-4)
      close('logDet', 1e-4)
      close('input', 1e-3)
      if (differing === 0) close('params', 1e-3)
      close('context', 1e-3)
    }
  })

  it('trains a step over three tiles to the parameters that the plain gradient gives, with and without threads', async () => {
    const rows = 200
    const { contextDim = 0 } = bijection
    const given = contextDim > 0 ? { context: normals(contextDim * rows, 82) } : {}
    const data = normals(dim * rows, 81).map((value) => bijection.data?.(value) ?? value)
    const trained = await Promise.all(
      ([0, 2] as const).map(async (threads) => {
        const flow = new Flow(descriptionOf(bijection, 'float32'), { seed: 3 })
        if (bijection.state) flow.numbers.set(bijection.state, flow.parameters.length)
        const start = flow.parameters.slice()
        const gradient = key ? maskedGradient(bijection, start, data, given.context) : flow.nll(data, given).gradient
        const seed = key?.seed ?? 0
        const options = {
          steps: 1,
          preprocess: 'none',
          threads,
          seed,
          stopping: { restoreBestWeights: false },
        } as const
        if (!bijection.settles) await fit(flow, given.context ? { rows: data, context: given.context } : data, options)
        return { flow, start, gradient }
      }),
    )
    if (bijection.settles) return
    const [one, two] = trained
    expect(two.flow.parameters).toEqual(one.flow.parameters)
    // AdamW's first step: θ − lr·(g/(|g| + ε) + wd·θ).
    const [lr, epsilon, decay] = [1e-4, 1e-8, 1e-4]
    const { gradient } = one
    one.flow.parameters.forEach((value, p) => {
      const g = gradient[p]
      const theta = one.start[p]
      // Where a gradient is no more than rounding, its sign is anybody's.
      if (Math.abs(g) < 1e-5) return
      const expected = theta - lr * (g / (Math.abs(g) + epsilon) + decay * theta)
      expect(Math.abs(value - expected), `parameter ${p}`).toBeLessThan(2e-6 + 2 ** -22 * Math.abs(theta))
    })
    const densities = await logProbOf(one.flow, data, { threads: 0, ...given })
    expect(densities.every(Number.isFinite)).toBe(true)
  })
})
