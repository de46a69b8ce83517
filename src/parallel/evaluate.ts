import { type Points, pointsOf } from '../data/points.js'
import { isSource, type RowSource, toSource } from '../data/row-source.js'
import { checkValues, type Matrix, type Rows, readMatrix } from '../data/rows.js'
import { UsageError } from '../errors.js'
import { contextPart, type Given, joined, type RowParts, readContext } from '../flow/context.js'
import { contextOfModelDraw, type Model, membersOf } from '../flow/ensemble.js'
import type { Reals } from '../flow/evaluator.js'
import { type SampleOptions, sampleOptions } from '../flow/flow.js'
import type { SampleDraw } from '../flow/stream-rows.js'
import { resolveKernels } from '../kernels/create.js'
import type { Precision } from '../kernels/heap.js'
import { compiledKernels } from '../kernels/simd.js'
import { eachChunk, type ParallelOptions, parallelRowsOf, SLOTS_PER_THREAD } from './chunks.js'
import {
  type EvaluationModel,
  type Passage,
  type SampleTask,
  type ScoreTask,
  sampleChunk,
  scoreChunk,
} from './evaluation-tasks.js'
import { sharedLike } from './shared-memory.js'
import { unwrittenFloat32, unwrittenFloat64 } from './unwritten.js'

/**
 * ln p(x) of every row, as `model.logProb` of a flow or an ensemble, on all cores with the calling thread left free, or in pieces on the calling
 * thread where that takes no longer than starting others. The model's parameters are read once, at the start; x must not
 * change before the call has settled.
 *
 * Rows may come from a source, block by block; they are finite then, and only their densities are held.
 * Densities go to `out` where it is given, an array of the model's precision and of a number a row, which is then what the
 * promise resolves to; where that rejects it holds anything. It must have no memory in common with x. Threads work on
 * arrays over a SharedArrayBuffer where they lie, x and `out` alike; others are copied to and from them, some rows at a
 * time, and so are those that have a `context`.
 * @throws UsageError or DataError as `model.logProb`, UsageError for another `out`; rejects with `signal.reason` when
 * aborted.
 */
export async function logProb<P extends Precision>(
  model: Model<P>,
  x: Rows | RowSource,
  options: Given & ParallelOptions & { out?: Reals<P> } = {},
): Promise<Reals<P>> {
  const { threads, signal, onProgress, out: given, context, ...unknown } = options
  const [key] = Object.keys(unknown)
  if (key !== undefined) {
    throw new UsageError(`logProb has no option "${key}"; it takes threads, signal, onProgress, out, context.`)
  }
  if (isSource(x)) return logProbOfSource(model, toSource(x, model.dim, 'Batch'), options)
  const matrix = readMatrix(x, model.dim, 'Batch')
  const rows = joined(matrix, readContext(model, context, matrix.rows, { infinite: true }))
  const float64 = model.precision === 'float64'
  checkOut('logProb', given, float64 ? Float64Array : Float32Array, matrix.rows)
  if (given && overlap(given, matrix.data)) {
    throw new UsageError("logProb's out shares memory with the rows; give it memory of its own.")
  }
  const out = once<Reals>(given ?? (() => (float64 ? unwrittenFloat64 : unwrittenFloat32)(matrix.rows)))
  try {
    await logProbTo(model, rows, out, { threads, signal, onProgress })
  } catch (error) {
    // Threads look at the values where they score them, and one that meets NaN fails: here the first NaN is named.
    if (isOfNaN(error)) checkValues(matrix, 'Batch', { infinite: true })
    throw error
  }
  return place(out) as Reals<P>
}

/** The same of rows that come block by block. */
async function logProbOfSource<P extends Precision>(
  model: Model<P>,
  source: RowSource,
  { threads, signal, onProgress, out: given, context }: Given & ParallelOptions & { out?: Reals<P> },
): Promise<Reals<P>> {
  const { rows: total, columns } = source
  const contexts = readContext(model, context, total, { infinite: true })
  const float64 = model.precision === 'float64'
  checkOut('logProb', given, float64 ? Float64Array : Float32Array, total)
  const out: Reals = given ?? (float64 ? unwrittenFloat64 : unwrittenFloat32)(total)
  let first = 0
  for await (const data of source.blocks(Math.min(total, parallelRowsOf(columns)))) {
    const rows = data.length / columns
    const part = contexts && {
      ...contexts,
      data: contextPart(contexts, first, rows),
      rows: Math.min(contexts.rows, rows),
    }
    const before = first
    await logProbTo(model, joined({ data, rows, columns }, part), out.subarray(first, first + rows), {
      threads,
      signal,
      onProgress: onProgress && ((progress) => onProgress({ rows: before + progress.rows, total })),
    })
    first += rows
  }
  return out as Reals<P>
}

/** By its message: an error that another thread has thrown arrives without its class. */
function isOfNaN(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Batch has NaN')
}

function checkOut(
  name: string,
  out: unknown,
  Numbers: Float32ArrayConstructor | Float64ArrayConstructor,
  length: number,
): void {
  if (out === undefined || (out instanceof Numbers && out.length === length)) return
  const got = ArrayBuffer.isView(out)
    ? `${out.constructor.name} of ${(out as Reals).length}`
    : `value of type ${typeof out}`
  throw new UsageError(`${name}'s out is a ${got}; expected a ${Numbers.name} of ${length}.`)
}

function overlap(a: Reals, b: Reals): boolean {
  const end = (array: Reals) => array.byteOffset + array.byteLength
  return a.buffer === b.buffer && a.byteOffset < end(b) && b.byteOffset < end(a)
}

/** An array for results, or what makes one: that takes its time, in which threads can be at work already. */
type Out<Numbers extends Reals = Reals> = Numbers | (() => Numbers)

function place<Numbers extends Reals>(out: Out<Numbers>): Numbers {
  return typeof out === 'function' ? out() : out
}

/** Makes the array when it is first asked for, and once. */
function once<Numbers extends Reals>(out: Out<Numbers>): Out<Numbers> {
  if (typeof out !== 'function') return out
  let made: Numbers | undefined
  return () => {
    made ??= out()
    return made
  }
}

/** The same of rows with their context behind → out [rows]; NaN among the rows fails the job. */
export async function logProbTo(
  scored: Model,
  x: RowParts,
  out: Out,
  { threads = 'auto', ...rest }: ParallelOptions,
): Promise<void> {
  const model = snapshot(scored)
  // Where there are only parts, threads have none to see.
  const all: Out = x.all ?? (() => x.like)
  await eachChunk(
    model,
    x.rows,
    { threads, ...rest },
    {
      here(first, count) {
        scoreChunk(model, x.part(first, count), place(out).subarray(first, first + count))
      },
      inPlace: isSeen(all) && isSeen(out),
      tileRows: tileRowsOf(scored),
      there(lend, chunkRows) {
        const given = passage(all, () => lend(x.like, chunkRows * x.columns))
        const values = passage(out, () => lend(model.members[0].numbers, chunkRows))
        return {
          name: 'scoreChunks',
          task: (feed) => ({ model, feed, rows: given, values }) satisfies ScoreTask,
          fill(slot, first, count) {
            if ('slots' in given) given.slots[slot].set(x.part(first, count))
          },
          collect(slot, first, count) {
            if ('slots' in values) place(out).set(values.slots[slot].subarray(0, count), first)
          },
        }
      },
    },
  )
}

/**
 * Draws [count, dim] rows, as `model.sample`, on the threads that `logProb` takes. `out` is as there, of count · dim
 * numbers, row-major, and always float64.
 * @throws UsageError as `model.sample` and for another `out`; rejects with `signal.reason` when aborted.
 */
export async function sample(
  model: Model,
  count: number,
  options: SampleOptions & ParallelOptions & { out?: Float64Array } = {},
): Promise<Points<Float64Array>> {
  const { threads = 'auto', signal, onProgress, out: given, ...rest } = options
  const draw = sampleOptions(count, rest)
  const context = contextOfModelDraw(model, rest.context, count)
  const numbers = count * model.dim
  checkOut('sample', given, Float64Array, numbers)
  const out = once<Float64Array>(given ?? (() => unwrittenFloat64(numbers)))
  await sampleTo(model, count, out, { ...draw, context, threads, signal, onProgress })
  return pointsOf(place(out), model.dim)
}

/** The same with checked options and context → out [count, dim]. */
export async function sampleTo(
  sampled: Model,
  count: number,
  out: Out<Float64Array>,
  { threads = 'auto', signal, onProgress, context, ...draw }: SampleDraw & ParallelOptions & { context?: Matrix },
): Promise<void> {
  const { dim, contextDim, scaler } = sampled
  const { firstRow } = draw
  const model = snapshot(sampled)
  await eachChunk(
    model,
    count,
    { threads, signal, onProgress },
    {
      here(first, n) {
        const rows = place(out).subarray(first * dim, (first + n) * dim)
        sampleChunk(model, { ...draw, firstRow: firstRow + first }, rows, context && chosen(context, first, n))
      },
      inPlace: isSeen(out) && (!context || context.rows === 1 || isSeen(context.data)),
      tileRows: tileRowsOf(sampled),
      there(lend, chunkRows) {
        const rows = passage(out, () => lend(scaler.mean, chunkRows * dim))
        const given = context && contextPassage(context, () => lend(context.data, chunkRows * contextDim))
        return {
          name: 'sampleChunks',
          task: (feed) => ({ model, draw, feed, rows, context: given }) satisfies SampleTask,
          fill(slot, first, n) {
            if (context && given && 'slots' in given) given.slots[slot].set(contextPart(context, first, n))
          },
          collect(slot, first, n) {
            if ('slots' in rows) place(out).set(rows.slots[slot].subarray(0, n * dim), first * dim)
          },
        }
      },
    },
  )
}

/** Whether threads can work on the array where it lies. */
function isSeen<Numbers extends Reals>(array: Out<Numbers>): array is Numbers {
  return typeof array !== 'function' && array.buffer instanceof SharedArrayBuffer
}

/** The context of rows first … first + count, where it is not one row for all. */
function chosen(context: Matrix, first: number, count: number): Matrix {
  return context.rows === 1 ? context : { ...context, data: contextPart(context, first, count), rows: count }
}

/** One row that holds for all goes to a thread once. */
function contextPassage({ data, rows }: Matrix, lendChunk: () => Matrix['data']): NonNullable<SampleTask['context']> {
  return rows === 1 ? { one: data.slice() } : passage(data, lendChunk)
}

/** The array itself where threads see it, else memory for a chunk in each slot. */
function passage<Numbers extends Reals>(array: Out<Numbers>, lendChunk: () => Numbers): Passage<Numbers> {
  return isSeen(array) ? { all: array } : { slots: Array.from({ length: SLOTS_PER_THREAD }, lendChunk) }
}

/** Of the member with the longest tiles. */
function tileRowsOf(model: Model): number {
  return Math.max(...membersOf(model).map(({ structure }) => structure.evaluationTileRows))
}

let jobs = 0

function snapshot(model: Model): EvaluationModel {
  const members = membersOf(model).map(({ structure: { description }, scaler, numbers, kernels }) => {
    const copy = sharedLike(numbers, numbers.length)
    copy.set(numbers)
    return {
      description,
      kernels: resolveKernels(kernels, description.precision),
      scaler: { ...scaler, mean: scaler.mean.slice(), sd: scaler.sd.slice() },
      numbers: copy,
    }
  })
  return {
    job: ++jobs,
    dim: model.dim,
    contextDim: model.contextDim,
    members,
    ...(members.some(({ kernels }) => kernels === 'simd') && { compiled: compiledKernels(false) }),
  }
}

/** Shared memory for the densities of so many rows. */
export function densityRoom(model: Model, rows: number): Reals {
  return sharedLike<Reals>(membersOf(model)[0].numbers, rows)
}
