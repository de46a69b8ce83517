import { describe, expect, it } from 'vitest'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena, NONE } from '#kernels/heap.js'
import { operationNamed } from '#kernels/program.js'
import { type Arrays, type Case, isDirect, type KernelName, titleOf, type Values } from './case.js'
import { CHANGED } from './declared.js'
import { LENGTHS, normals } from './inputs.js'
import { Stage } from './stage.js'
import { table } from './table.js'

/** Kernels that treat all rows alike: which number of a size is that of rows, and the arrays that have a row. */
interface Rowwise {
  readonly at: number
  readonly names: readonly string[]
}

const direct: Partial<Record<KernelName, Rowwise>> = {
  sincos: { at: 0, names: ['x', 'sine', 'cosine'] },
  adamw: { at: 0, names: ['theta', 'gradient', 'm', 'v'] },
  addScaled: { at: 0, names: ['x', 'y'] },
  approach: { at: 0, names: ['x', 'y'] },
}

/** Of an operation: operands whose last index goes through the rows. Undefined where it leaves nothing row by row. */
function rowwise(given: Case): Rowwise | undefined {
  if (isDirect(given)) return direct[given.kernel]
  const { counts, operands } = operationNamed(given.kernel)
  const count = counts.includes('rows') ? 'rows' : 'n'
  const perRow = Object.entries(operands).filter(([, { shape }]) => shape.at(-1) === count)
  if (!perRow.some(([, { role }]) => CHANGED.includes(role))) return undefined
  return { at: counts.indexOf(count), names: perRow.map(([name]) => name) }
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
  const { at, names: perRow } = rowwise(given) as Rowwise
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
  for (const given of table.filter(rowwise)) {
    it(titleOf(given), () => {
      const { at } = rowwise(given) as Rowwise
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
        kernels.call(name, { n, x: at[0], y: at[2] })
        kernels.call(name, { n, x: at[1], y: at[3] })
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
    const inputs = { inDim, rows, x: at[0], outStride: inDim }
    kernels.call('dense', { ...inputs, outDim, weight: at[1], bias: at[2], y: at[3] })
    for (let o = 0; o < outDim; o++) {
      kernels.call('dense', { ...inputs, outDim: 1, weight: at[1] + o * inDim, bias: at[2] + o, y: at[4] })
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
    kernels.call('denseInputGradient', { outDim, inDim, rows, dy: at[0], weight: at[1], outStride: inDim, dx: at[3] })
    const transposed = { outDim: inDim, inDim: outDim, weight: at[2], outStride: outDim, bias: NONE }
    kernels.call('dense', { ...transposed, rows, x: at[0], y: at[4] })
    expect(slice(at[3], dx.length)).toEqual(slice(at[4], dx.length))
  })

  it('denseWeightGradient of few outputs: each entry alone is what it is among 36', () => {
    const outputs = 4
    const dy = normals(outputs * rows, 85)
    const { kernels, at, slice } = heapWith(x, dy, new Float32Array(outputs * inDim), new Float32Array(1))
    const none = { rows, dBias: NONE, scratch: NONE }
    const all = { outDim: outputs, inDim, x: at[0], dy: at[1], dWeight: at[2], outStride: inDim }
    kernels.call('denseWeightGradient', { ...none, ...all })
    for (let entry = 0; entry < outputs * inDim; entry++) {
      const [o, i] = [Math.floor(entry / inDim), entry % inDim]
      kernels.fill(1, 0, at[3])
      const one = { outDim: 1, inDim: 1, x: at[0] + i * rows, dy: at[1] + o * rows, dWeight: at[3], outStride: 1 }
      kernels.call('denseWeightGradient', { ...none, ...one })
      expect(slice(at[3], 1)).toEqual(slice(at[2] + entry, 1))
    }
  })

  it('denseWeightGradient of a wide layer: an entry is what it is in a layer of other widths', () => {
    const wide = { outDim: 11, inDim: 39 }
    const narrow = { outDim: 8, inDim: 16 }
    const [wideX, dy] = [normals(wide.inDim * rows, 86), normals(wide.outDim * rows, 87)]
    const gradient = new Float32Array(wide.outDim * wide.inDim)
    const { kernels, at, slice } = heapWith(wideX, dy, gradient, gradient, new Float32Array(16 * (rows + wide.outDim)))
    const shared = { rows, dBias: NONE, scratch: at[4] }
    const ofWide = { ...wide, x: at[0], dy: at[1], dWeight: at[2], outStride: wide.inDim }
    kernels.call('denseWeightGradient', { ...shared, ...ofWide })
    // The last 8 outputs and 16 inputs of the wide layer, in other blocks than there.
    const [o, i] = [wide.outDim - narrow.outDim, wide.inDim - narrow.inDim]
    const part = { x: at[0] + i * rows, dy: at[1] + o * rows, dWeight: at[3], outStride: narrow.inDim }
    kernels.call('denseWeightGradient', { ...shared, ...narrow, ...part })
    for (let row = 0; row < narrow.outDim; row++) {
      expect(slice(at[3] + row * narrow.inDim, narrow.inDim)).toEqual(
        slice(at[2] + (o + row) * wide.inDim + i, narrow.inDim),
      )
    }
  })
})
