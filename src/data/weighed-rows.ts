/** Rows [rows, dim], row-major, and how much each of them counts, ≥ 0; without weights all count the same. */
export interface WeighedRows {
  readonly rows: Float64Array
  readonly weights?: Float64Array
}

/**
 * The number of rows of equal weight whose mean is as uncertain, (Σ w)²/Σ w²: as many as there are where all weights are the
 * same, those of weight 0 left out. Source: Kish, Survey Sampling, 1965.
 */
export function effectiveRows({ rows, weights }: WeighedRows, dim: number): number {
  if (!weights) return rows.length / dim
  const [sum, squares] = sums(weights)
  return squares > 0 ? (sum * sum) / squares : 0
}

/**
 * The weights times what makes their sum the effective number of rows: in whatever unit they come, a row of the average
 * weight is about one row, and among weights of 0 and 1 exactly one.
 */
export function unitWeights({ rows, weights }: WeighedRows, dim: number): Float64Array {
  if (!weights) return new Float64Array(rows.length / dim).fill(1)
  const [sum, squares] = sums(weights)
  return weights.map((weight) => (weight * sum) / squares)
}

function sums(weights: Float64Array): [number, number] {
  let [sum, squares] = [0, 0]
  for (const weight of weights) {
    sum += weight
    squares += weight * weight
  }
  return [sum, squares]
}

/**
 * Rows 0, n/most, 2n/most, … where there are more than `most`; of those with weights the rows where their running sum
 * passes 0, Σ w/most, 2 Σ w/most, …, one of great weight several times, which then all count the same.
 */
export function everyRow(all: WeighedRows, dim: number, most: number): WeighedRows {
  const count = all.rows.length / dim
  if (count <= most) return all
  const rows = new Float64Array(most * dim)
  const places = all.weights ? placesByWeight(all.weights, most) : undefined
  for (let i = 0; i < most; i++) {
    const row = places ? places[i] : Math.floor((i * count) / most)
    for (let j = 0; j < dim; j++) rows[i * dim + j] = all.rows[row * dim + j]
  }
  return { rows }
}

function placesByWeight(weights: Float64Array, most: number): Int32Array {
  const step = weights.reduce((sum, weight) => sum + weight, 0) / most
  const last = weights.findLastIndex((weight) => weight > 0)
  const places = new Int32Array(most)
  let [row, passed] = [0, weights[0]]
  for (let i = 0; i < most; i++) {
    while (i * step >= passed && row < last) passed += weights[++row]
    places[i] = row
  }
  return places
}

/** The population variance of each column, Σ w (x − m)²/Σ w. */
export function columnVariances(rows: Float64Array, weights: Float64Array, dim: number): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const mean = new Float64Array(dim)
  const variance = new Float64Array(dim)
  const weightAt = (at: number) => weights[Math.floor(at / dim)]
  for (let at = 0; at < rows.length; at++) mean[at % dim] += (weightAt(at) * rows[at]) / total
  for (let at = 0; at < rows.length; at++) {
    variance[at % dim] += (weightAt(at) * (rows[at] - mean[at % dim]) ** 2) / total
  }
  return variance
}
