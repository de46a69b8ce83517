import { affineCoupling, alternatingMask, type Flow, flow, jang, leakyReLU } from 'pushforward'

/** A flow and the rows it meets. */
export interface Workload {
  /** What `--workloads` calls it. */
  readonly name: string
  readonly rows: number
  readonly dim: number
  readonly hidden: readonly number[]
}

export interface TrainingWorkload extends Workload {
  /** Whether the JavaScript peers take part: where a step takes them seconds, 100 of them take minutes. */
  readonly javascript: boolean
}

export const trainingWorkloads: readonly TrainingWorkload[] = [
  { name: 'train-1024-4', rows: 1024, dim: 2, hidden: [4], javascript: true },
  { name: 'train-1024-64', rows: 1024, dim: 2, hidden: [64], javascript: true },
  { name: 'train-1024-64-64', rows: 1024, dim: 2, hidden: [64, 64], javascript: false },
  { name: 'train-65536-64', rows: 65_536, dim: 2, hidden: [64], javascript: false },
  { name: 'train-16384-128-128', rows: 16_384, dim: 6, hidden: [128, 128], javascript: false },
]

export const evaluationWorkloads: readonly Workload[] = [
  { name: 'evaluate-4', rows: 1_000_000, dim: 2, hidden: [4] },
  { name: 'evaluate-64', rows: 1_000_000, dim: 2, hidden: [64] },
  { name: 'evaluate-128-128', rows: 262_144, dim: 6, hidden: [128, 128] },
]

export const label = ({ rows, dim, hidden }: Workload) => `${rows} × ${dim}, [${hidden.join(', ')}]`

/** The tutorial's flow: 9 × [leaky ReLU, tanh coupling], always with the same weights. */
export function build({ dim, hidden }: Workload): Flow<'float32'> {
  const layers = Array.from({ length: 9 }, (_, i) => [
    leakyReLU(),
    affineCoupling({ mask: alternatingMask(dim, i), hidden }),
  ])
  return flow(dim, layers.flat(), { seed: 42 })
}

/** Standardised rows [rows, dim], row-major: crescents side by side, each with a seed of its own. */
export function standardised({ rows, dim }: Pick<Workload, 'rows' | 'dim'>): Float32Array {
  const out = new Float32Array(rows * dim)
  for (let j = 0; j < dim; j++) {
    const { data } = jang(rows, { seed: j >> 1 })
    const column = Float64Array.from({ length: rows }, (_, i) => data[2 * i + (j % 2)])
    const mean = column.reduce((sum, value) => sum + value, 0) / rows
    const sd = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows)
    for (let i = 0; i < rows; i++) out[i * dim + j] = (column[i] - mean) / sd
  }
  return out
}

/** The same numbers where all threads see them. */
export function shared(numbers: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(numbers.byteLength))
  copy.set(numbers)
  return copy
}

/** One pair of layers as the peers take it; weights are [out][in]. */
export interface ExportedPair {
  readonly raw: number
  readonly weights: readonly (readonly (readonly number[])[])[]
  readonly biases: readonly (readonly number[])[]
  readonly f: number
  readonly kept: readonly number[]
  readonly moved: readonly number[]
}

/** The parameters of a flow that `build` made. */
export function exported(model: Flow): ExportedPair[] {
  const { layers, slots, dim } = model.structure
  return Array.from({ length: layers.length / 2 }, (_, pair) => {
    const coupling = 2 * pair + 1
    const mask = layers[coupling].spec.mask as number[]
    const tensors = tensorsOf(model, coupling)
    const inner = tensors.slice(0, -1)
    return {
      raw: model.parameters[slots[coupling - 1]],
      weights: inner.filter((_, k) => k % 2 === 0).map(matrix),
      biases: inner.filter((_, k) => k % 2 === 1).map(({ values }) => values),
      f: tensors[tensors.length - 1].values[0],
      kept: Array.from({ length: dim }, (_, j) => j).filter((j) => mask[j] === 1),
      moved: Array.from({ length: dim }, (_, j) => j).filter((j) => mask[j] === 0),
    }
  })
}

interface Tensor {
  readonly shape: readonly number[]
  readonly values: readonly number[]
}

function tensorsOf(model: Flow, layer: number): Tensor[] {
  let at = model.structure.slots[layer]
  return model.structure.layers[layer].parameters.map(({ shape }) => {
    const length = shape.reduce((product, size) => product * size, 1)
    const values = [...model.parameters.subarray(at, at + length)]
    at += length
    return { shape, values }
  })
}

function matrix({ shape: [outputs, inputs], values }: Tensor): number[][] {
  return Array.from({ length: outputs }, (_, o) => values.slice(o * inputs, (o + 1) * inputs))
}
