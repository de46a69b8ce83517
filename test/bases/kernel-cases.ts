import type { Counts } from '#kernels/operation.js'
import type { OperationName } from '#kernels/program.js'
import { normals, uniforms } from '../kernels/inputs.js'

/** Reads an input or an output of the reference: coordinate j of row t, or number j of the row. */
export type Read = (name: string, j: number, t: number) => number

/** How far an output may be off: k·ε·magnitude, ε = 2⁻²⁴. */
export interface Claim {
  readonly k: number
  readonly of: (read: Read, j: number, t: number, counts: Counts) => number
}

/** A declared operation under law 9. */
export interface KernelCase {
  readonly kernel: OperationName
  readonly inputs: (counts: Counts) => Readonly<Record<string, Float32Array | number>>
  readonly outputs: Readonly<Record<string, Claim>>
}

const { abs, exp, log1p } = Math
const exact: Claim = { k: 0, of: () => 0 }
const itself = (name: string, k: number): Claim => ({ k, of: (read, j, t) => abs(read(name, j, t)) })

const sum = (n: number, f: (j: number) => number): number =>
  Array.from({ length: n }, (_, j) => f(j)).reduce((a, b) => a + b, 0)
const most = (n: number, f: (j: number) => number): number => Math.max(...Array.from({ length: n }, (_, j) => f(j)))

/** Weights of rows, a third of which are 0. */
const weights = (rows: number, seed: number) => normals(rows, seed).map((value, t) => (t % 3 === 1 ? 0 : value))

const columnNumbers = ({ dim, each }: Counts) => ({
  location: normals(dim * each, 201),
  logScale: normals(dim * each, 202),
})

const locationScales: readonly KernelCase[] = [
  {
    kernel: 'locationScale',
    inputs: (counts) => ({
      z: normals(counts.dim * counts.rows, 203, 3),
      ...columnNumbers(counts),
      logDet: normals(counts.rows, 204),
    }),
    outputs: {
      y: { k: 3, of: (r, j, t) => (abs(r('z', j, t)) + abs(r('location', j, t))) * exp(-r('logScale', j, t)) },
      total: {
        k: 2,
        of: (r, _, t, { dim }) => abs(r('logDet', 0, t)) + sum(dim, (j) => abs(r('logScale', j, t))),
      },
    },
  },
  {
    kernel: 'locationScaleBackward',
    inputs: (counts) => ({
      y: normals(counts.dim * counts.rows, 205),
      logScale: columnNumbers(counts).logScale,
      dy: normals(counts.dim * counts.rows, 206),
      dTotal: weights(counts.rows, 207),
    }),
    outputs: {
      dz: itself('dz', 2),
      dLocation: itself('dLocation', 2),
      dLogScale: { k: 2, of: (r, j, t) => abs(r('dy', j, t) * r('y', j, t)) + abs(r('dTotal', 0, t)) },
    },
  },
  {
    kernel: 'locationScaleInverse',
    inputs: (counts) => ({ y: normals(counts.dim * counts.rows, 208), ...columnNumbers(counts) }),
    outputs: {
      z: { k: 2.5, of: (r, j, t) => abs(r('location', j, t)) + abs(r('y', j, t)) * exp(r('logScale', j, t)) },
    },
  },
]

const rowStart = (i: number) => (i * (i + 1)) / 2
/** |Aᵢⱼ|, the diagonal as it is. */
const entry = (r: Read, i: number, j: number, t: number) => {
  const value = r('factor', rowStart(i) + j, t)
  return i === j ? exp(value) : abs(value)
}
const centred = (r: Read, j: number, t: number) => abs(r('z', j, t)) + abs(r('mean', j, t))
/** The row of a place in a triangle. */
const rowOf = (place: number) => Math.floor((Math.sqrt(8 * place + 1) - 1) / 2)

const triangleNumbers = ({ dim, each }: Counts) => ({
  mean: normals(dim * each, 211),
  factor: normals(rowStart(dim) * each, 212, 0.5),
})

/** What rounding errors in the substitution grow to. */
const solved = (r: Read, i: number, t: number): number =>
  (abs(r('y', i, t)) + sum(i, (j) => entry(r, i, j, t) * solved(r, j, t))) / entry(r, i, i, t)

const whitenings: readonly KernelCase[] = [
  {
    kernel: 'whiten',
    inputs: (counts) => ({
      z: normals(counts.dim * counts.rows, 213, 3),
      ...triangleNumbers(counts),
      logDet: normals(counts.rows, 214),
    }),
    outputs: {
      y: { k: 3, of: (r, i, t) => sum(i + 1, (j) => entry(r, i, j, t) * centred(r, j, t)) },
      total: {
        k: 2,
        of: (r, _, t, { dim }) => abs(r('logDet', 0, t)) + sum(dim, (i) => abs(r('factor', rowStart(i) + i, t))),
      },
    },
  },
  {
    kernel: 'whitenBackward',
    inputs: (counts) => ({
      z: normals(counts.dim * counts.rows, 215, 3),
      ...triangleNumbers(counts),
      dy: normals(counts.dim * counts.rows, 216),
      dTotal: weights(counts.rows, 217),
    }),
    outputs: {
      ...Object.fromEntries(
        ['dz', 'dMean'].map((name) => [
          name,
          {
            k: 3,
            of: (r: Read, j: number, t: number, { dim }: Counts) =>
              sum(dim - j, (i) => entry(r, j + i, j, t) * abs(r('dy', j + i, t))),
          },
        ]),
      ),
      dFactor: {
        k: 3.5,
        of(r, place, t) {
          const i = rowOf(place)
          const j = place - rowStart(i)
          const product = abs(r('dy', i, t)) * centred(r, j, t)
          return i === j ? product * entry(r, i, i, t) + abs(r('dTotal', 0, t)) : product
        },
      },
    },
  },
  {
    kernel: 'whitenInverse',
    inputs: (counts) => ({ y: normals(counts.dim * counts.rows, 218), ...triangleNumbers(counts) }),
    outputs: { z: { k: 3, of: (r, i, t) => abs(r('mean', i, t)) + solved(r, i, t) } },
  },
]

/** ν from ½ to 10⁴, and raw beyond where it counts. */
const raws = (n: number) => uniforms(n, 221, -8, 9).map((value, i) => (i % 11 === 10 ? 41 : value))
const degreesOf = (raw: Float32Array) => raw.map((value) => 0.5 + exp(Math.min(value, 40)))
const slopes = (n: number) => uniforms(n, 222, 0, 0.5)
const quotient = (r: Read, j: number, t: number) => r('z', j, t) ** 2 / r('degrees', j, t)

const students: readonly KernelCase[] = [
  {
    kernel: 'studentDegrees',
    inputs: ({ n }) => ({ raw: raws(n) }),
    outputs: {
      degrees: itself('degrees', 1.5),
      constant: itself('constant', 2.5),
      slope: itself('slope', 6),
    },
  },
  {
    kernel: 'studentT',
    inputs: ({ dim, rows, each }) => ({
      z: normals(dim * rows, 223, 3),
      degrees: degreesOf(raws(dim * each)),
      constant: normals(dim * each, 224),
      logDet: normals(rows, 225),
    }),
    outputs: {
      logProb: {
        k: 3.5,
        of: (r, _, t, { dim }) =>
          abs(r('logDet', 0, t)) +
          sum(dim, (j) => abs(r('constant', j, t)) + 0.5 * (r('degrees', j, t) + 1) * log1p(quotient(r, j, t))),
      },
    },
  },
  {
    kernel: 'studentTBackward',
    inputs: ({ dim, rows, each }) => ({
      z: normals(dim * rows, 226, 3),
      raw: raws(dim * each),
      degrees: degreesOf(raws(dim * each)),
      slope: slopes(dim * each),
      dLogProb: weights(rows, 227),
    }),
    outputs: {
      dz: itself('dz', 4.5),
      dRaw: {
        k: 5,
        of(r, j, t) {
          const q = quotient(r, j, t)
          const p = q / (1 + q)
          const size = r('slope', j, t) + 0.5 * (p / r('degrees', j, t) + log1p(q) - p)
          return abs(r('dLogProb', 0, t)) * exp(r('raw', j, t)) * size
        },
      },
    },
  },
  {
    kernel: 'studentTInverse',
    inputs: ({ dim, rows, each }) => ({
      normals: normals(2 * dim * rows, 228).map((value, i) => (i % 7 === 3 ? 0 : value)),
      degrees: degreesOf(raws(dim * each)),
    }),
    outputs: {
      z: {
        k: 3.5,
        of: (r, j, t) =>
          abs(r('z', j, t)) *
          (1 + (r('normals', 2 * j, t) ** 2 + r('normals', 2 * j + 1, t) ** 2) / r('degrees', j, t)),
      },
    },
  },
]

const box = ({ dim }: Counts) => ({
  low: uniforms(dim, 231, -3, -1),
  high: uniforms(dim, 232, 1, 3),
})

const boxes: readonly KernelCase[] = [
  {
    kernel: 'uniformBox',
    inputs: (counts) => ({
      z: uniforms(counts.dim * counts.rows, 233, -1.5, 1.5),
      ...box(counts),
      logDet: normals(counts.rows, 234),
    }),
    outputs: {
      logProb: {
        k: 1,
        of: (r, _, t, { dim }) =>
          abs(r('logDet', 0, t)) + sum(dim, (j) => 1 + Math.log(r('high', j, 0) - r('low', j, 0))),
      },
    },
  },
  {
    kernel: 'uniformBoxInverse',
    inputs: (counts) => ({ uniforms: uniforms(counts.dim * counts.rows, 235, 0, 1), ...box(counts) }),
    outputs: { z: { k: 2, of: (r, j) => abs(r('low', j, 0)) + abs(r('high', j, 0)) } },
  },
]

const mixtures: readonly KernelCase[] = [
  {
    kernel: 'mixture',
    inputs: ({ components, rows, each }) => ({
      logits: normals(components * each, 241, 2),
      logProbs: normals(components * rows, 242, 20),
    }),
    outputs: {
      responsibilities: {
        k: 2.5,
        of: (r, k, t, { components }) =>
          r('responsibilities', k, t) *
          (1 + 2 * most(components, (i) => abs(r('logits', i, t)) + abs(r('logProbs', i, t)))),
      },
      logProb: {
        k: 2.5,
        of: (r, _, t, { components }) =>
          2 + most(components, (i) => 2 * abs(r('logits', i, t)) + abs(r('logProbs', i, t))),
      },
    },
  },
  {
    kernel: 'mixtureBackward',
    inputs: ({ components, rows, each }) => ({
      logits: normals(components * each, 243, 2),
      responsibilities: uniforms(components * rows, 244, 0, 1),
      dLogProb: weights(rows, 245),
    }),
    outputs: {
      dLogProbs: itself('dLogProbs', 1),
      dLogits: { k: 1.5, of: (r, _, t) => 2 * abs(r('dLogProb', 0, t)) },
    },
  },
  {
    kernel: 'chooseComponent',
    inputs: ({ components, rows, each }) => ({
      logits: normals(components * each, 246, 2),
      uniform: uniforms(rows, 247, 0, 1),
    }),
    outputs: { component: exact },
  },
  {
    kernel: 'takeComponent',
    inputs: ({ dim, rows }) => ({
      index: 2,
      component: uniforms(rows, 248, 0, 4).map(Math.floor),
      from: normals(dim * rows, 249),
      z: normals(dim * rows, 250),
    }),
    outputs: { z: exact },
  },
]

export const kernelCases: readonly KernelCase[] = [...locationScales, ...whitenings, ...students, ...boxes, ...mixtures]
