import type { Flow } from 'pushforward'
import { joined } from '#flow/context.js'
import { Evaluator } from '#flow/evaluator.js'
import { logProbInto, sampleInto } from '#flow/stream-rows.js'
import { Tile } from '#flow/tile.js'
import { createHeap, createKernels } from '#kernels/create.js'
import { Arena, NONE } from '#kernels/heap.js'
import { median } from '../machine.js'

/** Nanoseconds a row of one thread that has everything in its cache. */
export interface EvaluationTimes {
  /** Reading and checking rows or writing them, and moving them between arrays. */
  readonly memory: number
  /** The recorded pass through a tile, and for a sample its noise. */
  readonly kernels: number
  readonly glue: number
}

const ROUNDS = 9
/** What a call is repeated for, long beside the clock. */
const TURN_MILLISECONDS = 5

/** Nanoseconds of each call: medians of alternating rounds. */
function alternating<Name extends string>(calls: Readonly<Record<Name, () => void>>): Record<Name, number> {
  const turns = Object.entries<() => void>(calls).map(([name, call]) => {
    const time = (repeats: number) => {
      const started = performance.now()
      for (let i = 0; i < repeats; i++) call()
      return performance.now() - started
    }
    let repeats = 1
    while (time(repeats) < TURN_MILLISECONDS) repeats *= 2
    return { name, times: [] as number[], take: () => (1e6 * time(repeats)) / repeats }
  })
  for (let round = 0; round < ROUNDS; round++) for (const { times, take } of turns) times.push(take())
  return Object.fromEntries(turns.map(({ name, times }) => [name, median(times)])) as Record<Name, number>
}

/** Times of scoring and of sampling, a chunk of rows (in shared memory) at a time as the threads of a job do it. */
export function evaluationTimes(
  model: Flow<'float32'>,
  data: Float32Array,
): Record<'score' | 'sample', EvaluationTimes> {
  const { structure, scaler, numbers } = model
  const { dim } = structure
  const evaluator = new Evaluator(structure, 'simd')
  evaluator.setNumbers(numbers)
  const rows = evaluator.chunkRows
  const chunk = { data: data.subarray(0, rows * dim), rows, columns: dim }
  const densities = new Float32Array(new SharedArrayBuffer(4 * rows))
  const drawn = new Float64Array(new SharedArrayBuffer(8 * rows * dim))
  const draw = { seed: 1, firstRow: 0, temperature: 1 }

  const arena = new Arena('float32')
  const params = arena.real(structure.parameterCount)
  const tile = new Tile(structure, arena, 'evaluate', structure.evaluationTileRows, params)
  const rowMajor = arena.real(tile.rows * dim)
  const values = arena.real(tile.rows)
  const k = createKernels(createHeap(arena, 'simd', false))
  k.heap.real.set(numbers, params)
  tile.load(k.heap)
  k.heap.real.set(data.subarray(0, tile.rows * dim), rowMajor)
  const gather = () => k.gather(dim, tile.rows, tile.rows, rowMajor, NONE, tile.data)
  const noise = { keyLow: 1, keyHigh: 0, firstRow: 0, purpose: 0, uniformPurpose: 0 }

  // All in the same rounds: whatever slows the machine for a moment then slows them alike.
  const time = alternating({
    gather,
    copy: () => k.copy(tile.rows, tile.logProb, values),
    scatter: () => k.scatter(dim, tile.rows, tile.rows, tile.data, rowMajor),
    // A pass overwrites its data with what lies between two layers, so each begins with the rows.
    density() {
      gather()
      tile.density(k)
    },
    inverse() {
      tile.sampleNoise(k, noise, draw.temperature)
      tile.inverse(k)
    },
    scoring: () => logProbInto(evaluator, scaler, joined(chunk), densities),
    scoringPass: () => evaluator.logProb(rows),
    sampling: () => sampleInto(evaluator, scaler, draw, drawn),
    samplingPass: () => evaluator.sample(rows, draw.seed, draw.firstRow, draw.temperature),
  })
  const ofTile = (name: 'gather' | 'copy' | 'scatter' | 'density' | 'inverse') => time[name] / tile.rows
  const ofChunk = (name: 'scoring' | 'scoringPass' | 'sampling' | 'samplingPass') => time[name] / rows
  const density = ofTile('density') - ofTile('gather')
  const [gathered, copied, scattered] = [ofTile('gather'), ofTile('copy'), ofTile('scatter')]
  return {
    score: {
      kernels: density,
      memory: ofChunk('scoring') - ofChunk('scoringPass') + gathered + copied,
      glue: ofChunk('scoringPass') - density - gathered - copied,
    },
    sample: {
      kernels: ofTile('inverse'),
      memory: ofChunk('sampling') - ofChunk('samplingPass') + copied + scattered,
      glue: ofChunk('samplingPass') - ofTile('inverse') - copied - scattered,
    },
  }
}
