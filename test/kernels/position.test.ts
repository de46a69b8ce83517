import { describe, expect, it } from 'vitest'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena, NONE } from '#kernels/heap.js'
import type { Arrays, Case, KernelName, Values } from './case.js'
import { LENGTHS, normals } from './inputs.js'
import { Stage } from './stage.js'
import { table } from './table.js'

/** Kernels that treat all rows alike: which of their counts is the number of rows, and the arrays that have a row. */
const rowwise: Partial<Record<KernelName, readonly [at: number, names: string]>> = {
  add: [0, 'x y'],
  exp: [0, 'x y'],
  log: [0, 'x y'],
  tanh: [0, 'x y'],
  relu: [0, 'x y'],
  sincos: [0, 'x sine cosine'],
  tanhBackward: [0, 'y dy dx'],
  reluBackward: [0, 'y dy dx'],
  dense: [2, 'x y'],
  denseInputGradient: [2, 'dy dx'],
  leakyReLU: [1, 'x z logDet'],
  leakyReLUInverse: [1, 'x z logDet'],
  leakyReLUBackward: [1, 'z dz dx dLogDet'],
  leakyReLUInverseBackward: [1, 'z dz x dx dLogDet'],
  affineCouple: [0, 'a t x z logDet u e'],
  affineCoupleInverse: [0, 'a t x z logDet u e'],
  affineCoupleBackward: [0, 'a u e z dz dLogDet dx da dt'],
  affineCoupleInverseBackward: [0, 'a t u e x dx dLogDet dz da dt'],
  narrowCoupling: [1, 'kept x zKept z logDet h a u e'],
  narrowCouplingInverse: [1, 'kept z xKept x logDet h a t u e'],
  narrowCouplingBackward: [1, 'kept z h a u e dzKept dz dLogDet dxKept dx'],
  leakyNarrowCoupling: [1, 'kept x bentKept bent zKept z logDet h a u e'],
  leakyNarrowCouplingBackward: [1, 'kept x z h a u e dzKept dz dLogDet dxKept dx'],
  gaussian: [1, 'z logDet logProb'],
  gaussianBackward: [1, 'z dLogProb dz'],
  adamw: [0, 'theta gradient m v'],
}

const simd = new Stage('simd')
/** Rows of the tile that a row is taken from. */
const ROWS = 8

/** `rows` copies of row `row` of a feature-major array of ROWS rows. */
function repeated(values: Values, row: number, rows: number): Values {
  const features = values.length / ROWS
  return Float32Array.from({ length: features * rows }, (_, i) => values[Math.floor(i / rows) * ROWS + row])
}

/** The distinct results of one row at all positions in tiles of all lengths, for every array that has rows. */
function distinct(given: Case, size: readonly number[], row: number): Record<string, Set<string>> {
  const [at, names] = rowwise[given.kernel] as readonly [number, string]
  const perRow = names.split(' ')
  const seen: Record<string, Set<string>> = {}
  for (const rows of LENGTHS.filter((n) => n > 0)) {
    const eight = given.arrays(...size)
    const others = given.arrays(...size.with(at, rows))
    const arrays: Arrays = Object.fromEntries(
      Object.entries(eight).map(([name, values]) => [
        name,
        perRow.includes(name) ? repeated(values, row, rows) : others[name],
      ]),
    )
    const results = simd.run(given, size.with(at, rows), arrays, 'unaligned')
    for (const [name, values] of Object.entries(results).filter(([output]) => perRow.includes(output))) {
      values.forEach((value, i) => {
        const feature = `${name}[${Math.floor(i / rows)}]`
        seen[feature] ??= new Set()
        seen[feature].add(Object.is(value, -0) ? '-0' : String(value))
      })
    }
  }
  return seen
}

describe('a row has the same bits at every position of tiles of every length', () => {
  for (const given of table.filter(({ kernel }) => rowwise[kernel])) {
    it(`${given.kernel}${given.variant ? `, ${given.variant}` : ''}`, () => {
      const [at] = rowwise[given.kernel] as readonly [number, string]
      const sizes = given.sizes.filter((size) => size[at] === ROWS)
      expect(sizes.length).toBeGreaterThan(0)
      for (const size of sizes) {
        for (const row of [0, 2, 7]) {
          const several = Object.entries(distinct(given, size, row)).filter(([, values]) => values.size > 1)
          expect(several).toEqual([])
        }
      }
    })
  }
})

/** Arrays of float32 values in a heap of their own. */
function heapWith(...arrays: Float32Array[]) {
  const arena = new Arena('float32')
  const at = arrays.map((values) => arena.real(values.length))
  const kernels = createKernels(createHeap(arena, 'simd', false))
  arrays.forEach((values, i) => {
    kernels.heap.real.set(values, at[i])
  })
  return { kernels, at, slice: (from: number, n: number) => [...kernels.heap.real.subarray(from, from + n)] }
}

// exp and log take a longer way where one of four lanes needs it.
describe.each(['exp', 'log'] as const)('%s', (name) => {
  it.each([1e3, -1e3, NaN, 2 ** -149, Infinity])(
    'has the same bits beside %s as beside ordinary numbers',
    (strange) => {
      const n = 40_000
      const values = normals(n, 81, 40)
      // Lane k is ordinary where the position is k mod 4, and strange elsewhere; 4 arrays cover all lanes.
      for (let lane = 0; lane < 4; lane++) {
        const mixed = values.map((value, i) => (i % 4 === lane ? value : strange))
        const { kernels, at, slice } = heapWith(values, mixed, new Float32Array(n), new Float32Array(n))
        kernels[name](n, at[0], at[2])
        kernels[name](n, at[1], at[3])
        const beside = slice(at[3], n)
        const differing = slice(at[2], n).filter((value, i) => i % 4 === lane && !Object.is(value, beside[i]))
        expect(differing).toEqual([])
      }
    },
  )
})

describe('the blocking of dense kernels does not show in the bits', () => {
  const [outDim, inDim, rows] = [11, 9, 29]
  const x = normals(inDim * rows, 82)
  const [weight, bias] = [normals(outDim * inDim, 83), normals(outDim, 84)]

  it('dense: each output alone is what it is among eleven', () => {
    const { kernels, at, slice } = heapWith(x, weight, bias, new Float32Array(outDim * rows), new Float32Array(rows))
    kernels.dense(outDim, inDim, rows, at[0], at[1], inDim, at[2], at[3])
    for (let o = 0; o < outDim; o++) {
      kernels.dense(1, inDim, rows, at[0], at[1] + o * inDim, inDim, at[2] + o, at[4])
      expect(slice(at[4], rows)).toEqual(slice(at[3] + o * rows, rows))
    }
  })

  it('denseInputGradient: it is dense by the transposed matrix', () => {
    const dy = normals(outDim * rows, 85)
    const turned = Float32Array.from(
      { length: weight.length },
      (_, i) => weight[(i % outDim) * inDim + Math.floor(i / outDim)],
    )
    const [dx, expected] = [new Float32Array(inDim * rows), new Float32Array(inDim * rows)]
    const { kernels, at, slice } = heapWith(dy, weight, turned, dx, expected)
    kernels.denseInputGradient(outDim, inDim, rows, at[0], at[1], inDim, at[3])
    kernels.dense(inDim, outDim, rows, at[0], at[2], outDim, NONE, at[4])
    expect(slice(at[3], dx.length)).toEqual(slice(at[4], dx.length))
  })

  it('denseWeightGradient of few outputs: each entry alone is what it is among 36', () => {
    const outputs = 4
    const dy = normals(outputs * rows, 85)
    const { kernels, at, slice } = heapWith(x, dy, new Float32Array(outputs * inDim), new Float32Array(1))
    kernels.denseWeightGradient(outputs, inDim, rows, at[0], at[1], at[2], inDim, NONE, NONE)
    for (let entry = 0; entry < outputs * inDim; entry++) {
      const [o, i] = [Math.floor(entry / inDim), entry % inDim]
      kernels.fill(1, 0, at[3])
      kernels.denseWeightGradient(1, 1, rows, at[0] + i * rows, at[1] + o * rows, at[3], 1, NONE, NONE)
      expect(slice(at[3], 1)).toEqual(slice(at[2] + entry, 1))
    }
  })

  it('denseWeightGradient of a wide layer: an entry is what it is in a layer of other widths', () => {
    const wide = { outDim: 11, inDim: 39 }
    const narrow = { outDim: 8, inDim: 16 }
    const [wideX, dy] = [normals(wide.inDim * rows, 86), normals(wide.outDim * rows, 87)]
    const gradient = new Float32Array(wide.outDim * wide.inDim)
    const { kernels, at, slice } = heapWith(wideX, dy, gradient, gradient, new Float32Array(16 * (rows + wide.outDim)))
    kernels.denseWeightGradient(wide.outDim, wide.inDim, rows, at[0], at[1], at[2], wide.inDim, NONE, at[4])
    // The last 8 outputs and 16 inputs of the wide layer, in other blocks than there.
    const [o, i] = [wide.outDim - narrow.outDim, wide.inDim - narrow.inDim]
    const [x0, dy0] = [at[0] + i * rows, at[1] + o * rows]
    kernels.denseWeightGradient(narrow.outDim, narrow.inDim, rows, x0, dy0, at[3], narrow.inDim, NONE, at[4])
    for (let row = 0; row < narrow.outDim; row++) {
      expect(slice(at[3] + row * narrow.inDim, narrow.inDim)).toEqual(
        slice(at[2] + (o + row) * wide.inDim + i, narrow.inDim),
      )
    }
  })
})
