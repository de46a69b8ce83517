import type { Flow } from 'pushforward'
import { Evaluator } from '#flow/evaluator.js'
import { logProbInto, sampleInto } from '#flow/stream-rows.js'
import { Tile } from '#flow/tile.js'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena, NONE } from '#kernels/heap.js'
import { nanoseconds } from './register-loops.js'

/** Nanoseconds a row of one thread that has everything in its cache. */
export interface EvaluationTimes {
  /** Reading and checking rows or writing them, and moving them between arrays. */
  readonly memory: number
  /** The recorded pass through a tile, and for a sample its noise. */
  readonly kernels: number
  readonly glue: number
}

/** Times of scoring and of sampling, a chunk of rows (in shared memory) at a time as the threads of a job do it. */
export function evaluationTimes(
  model: Flow<'float32'>,
  data: Float32Array,
): Record<'score' | 'sample', EvaluationTimes> {
  const { structure, scaler, parameters } = model
  const { dim } = structure
  const evaluator = new Evaluator(structure, 'simd')
  evaluator.setParameters(parameters)
  const rows = evaluator.chunkRows
  const chunk = { data: data.subarray(0, rows * dim), rows, columns: dim }
  const densities = new Float32Array(new SharedArrayBuffer(4 * rows))
  const drawn = new Float64Array(new SharedArrayBuffer(8 * rows * dim))
  const aRow = (call: () => void, rowsOfCall: number) => nanoseconds(call, 5) / rowsOfCall

  const arena = new Arena('float32')
  const params = arena.real(structure.parameterCount)
  const tile = new Tile(structure, arena, 'evaluate', structure.evaluationTileRows, params, NONE)
  const rowMajor = arena.real(tile.rows * dim)
  const values = arena.real(tile.rows)
  const k = createKernels(createHeap(arena, 'simd', false))
  k.heap.real.set(parameters, params)
  tile.load(k.heap)
  k.heap.real.set(data.subarray(0, tile.rows * dim), rowMajor)
  const gather = aRow(() => k.gather(dim, tile.rows, tile.rows, rowMajor, NONE, tile.data), tile.rows)
  const copy = aRow(() => k.copy(tile.rows, tile.logProb, values), tile.rows)
  const scatter = aRow(() => k.scatter(dim, tile.rows, tile.rows, tile.data, rowMajor), tile.rows)
  // A pass overwrites its data with what lies between two layers, so each begins with the rows.
  const density = aRow(() => {
    k.gather(dim, tile.rows, tile.rows, rowMajor, NONE, tile.data)
    tile.density(k)
  }, tile.rows)
  const draw = { keyLow: 1, keyHigh: 0, firstRow: 0, purpose: 0 }
  const inverse = aRow(() => {
    tile.sampleNoise(k, draw)
    tile.inverse(k)
  }, tile.rows)

  const scoring = aRow(() => logProbInto(evaluator, scaler, chunk, densities), rows)
  const scoringPass = aRow(() => evaluator.logProb(rows), rows)
  const sampling = aRow(() => sampleInto(evaluator, scaler, { seed: 1, firstRow: 0, temperature: 1 }, drawn), rows)
  const samplingPass = aRow(() => evaluator.sample(rows, 1, 0, 1), rows)
  return {
    score: {
      memory: scoring - scoringPass + gather + copy,
      kernels: density - gather,
      glue: scoringPass - density - copy,
    },
    sample: {
      memory: sampling - samplingPass + copy + scatter,
      kernels: inverse,
      glue: samplingPass - inverse - copy - scatter,
    },
  }
}
