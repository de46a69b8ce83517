import { RowTransform } from '../../data/row-transform.js'
import type { Matrix } from '../../data/rows.js'
import { columnNames } from '../../flow/column-names.js'
import { joined } from '../../flow/context.js'
import type { Model } from '../../flow/ensemble.js'
import type { ParallelOptions } from '../../parallel/chunks.js'
import { densityRoom, logProbTo } from '../../parallel/evaluate.js'
import { andersonDarlingOfTwo, andersonDarlingTail } from './anderson-darling.js'
import { energyTest } from './energy-distance.js'
import type { FitTest, Tested } from './evidence.js'
import { pitShape } from './pit-shape.js'

/** Rows of each side whose distances are looked at, at most, and numbers of them; but never fewer rows than the least. */
const JOINT = { rows: 1000, numbers: 50_000, leastRows: 200 }

/** Each column by itself, of rows and as many samples, each given the row's context. */
export function marginTests(model: Model, rows: Matrix, samples: Matrix): FitTest[] {
  const names = columnNames(model)
  const column = ({ data, columns, rows }: Matrix, j: number) =>
    Float64Array.from({ length: rows }, (_, i) => data[i * columns + j])
  return Array.from({ length: model.dim }, (_, j) => testOfTwo(column(rows, j), column(samples, j), 'margin', names[j]))
}

/** ln p of the rows beside ln p of the samples. */
export async function densityTest(
  model: Model,
  logProb: Float64Array,
  samples: Matrix,
  parallel: ParallelOptions,
): Promise<FitTest> {
  const own = densityRoom(model, samples.rows)
  await logProbTo(model, joined(samples), own, parallel)
  return testOfTwo(logProb, Float64Array.from(own), 'density')
}

/** Rows and samples in all columns at once, as what they pass before the flow has them, so that no unit counts more. */
export async function jointTest(
  model: Model,
  rows: Matrix,
  samples: Matrix,
  options: { seed: number; signal?: AbortSignal },
): Promise<FitTest> {
  const { columns } = rows
  const most = Math.max(JOINT.leastRows, Math.min(JOINT.rows, Math.floor(JOINT.numbers / columns)))
  const count = Math.min(rows.rows, most)
  const transform = new RowTransform(model.scaler, model.dim)
  const scaled = ({ data }: Matrix) => {
    const some = new Float64Array(count * columns)
    for (let i = 0; i < count; i++) {
      const row = Math.floor((i * rows.rows) / count)
      some.set(data.subarray(row * columns, (row + 1) * columns), i * columns)
    }
    const target = new Float64Array(some.length)
    transform.forward(some, target)
    return target
  }
  return { of: 'joint', ...(await energyTest(scaled(rows), scaled(samples), columns, options)) }
}

function testOfTwo(own: Float64Array, others: Float64Array, of: Tested, name?: string): FitTest {
  const statistic = andersonDarlingOfTwo(own, others)
  const sorted = others.toSorted()
  const shape = pitShape(
    own.map((value) => (below(sorted, value) + 0.5) / (sorted.length + 1)),
    1 + own.length / sorted.length,
  )
  return { of, ...(name !== undefined && { name }), statistic, p: andersonDarlingTail(statistic), shape }
}

/** How many of the sorted values are smaller. */
function below(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}
