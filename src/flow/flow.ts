import type { BaseSpec } from '../bases/base.js'
import { standardNormal } from '../bases/standard-normal.js'
import type { TableCodec } from '../columns/kinds.js'
import { type Points, pointsOf } from '../data/points.js'
import { RowTransform } from '../data/row-transform.js'
import { type Matrix, type Rows, toMatrix } from '../data/rows.js'
import { identityScaler, type Scaler } from '../data/scaler.js'
import { UsageError } from '../errors.js'
import { type KernelChoice, resolveKernels } from '../kernels/create.js'
import type { Precision } from '../kernels/heap.js'
import type { LayerSpec } from '../layers/layer.js'
import type { EmbeddingSpec } from '../nets/embedding.js'
import { valuesOf } from '../nets/parameters.js'
import { seedWords } from '../random/philox.js'
import { PURPOSE } from '../random/purposes.js'
import { randomStream } from '../random/stream.js'
import { type Context, contextOfDraw, contextPart, type Given, joined, type RowParts, readContext } from './context.js'
import { Evaluator, type Reals } from './evaluator.js'
import type { ScoreRecord } from './score-record.js'
import { eachChunk, logProbInto, type SampleDraw, sampleInto } from './stream-rows.js'
import { buildStructure, type FlowDescription, type FlowStructure } from './structure.js'

/** What a flow is beside its columns and layers. */
export interface FlowOptions<P extends Precision = Precision> {
  /** How many columns the density is conditioned on, p(x | c); default 0. */
  context?: number
  /** A net that these pass before any layer sees them; default none. */
  embedding?: EmbeddingSpec
  /** The distribution that data are mapped onto; default `standardNormal()`. */
  base?: BaseSpec
  /** Seed of the initial parameters; default 0. */
  seed?: number
  /** Storage and arithmetic; 'float64' is the slow reference precision. Default 'float32'. */
  precision?: P
  /** Implementation for calls on this thread; default 'auto'. */
  kernels?: KernelChoice
}

/** Which rows are drawn, and what they are given. */
export interface SampleOptions {
  /** Default 0. The first rows of a longer sample with the same seed are the same rows. */
  seed?: number
  /** The normals of the base are multiplied by this; 1 samples the model. Each base says what that does. */
  temperature?: number
  /** Number of the first row within the sample; default 0. */
  firstRow?: number
  /** What the rows are given, where the flow has a context: a row for each of them, or one for all. */
  context?: Context
}

/** One cloud of a trace and what it has just come out of. */
export interface TraceStep {
  readonly name: string
  /** Index of the layer it came out of, or −1 at the data or noise end. */
  readonly layer: number
  /** [rows, dim]; float64 in original units at the data end, else in standardised units. */
  readonly points: Points<Float32Array | Float64Array>
}

/** What is remembered of the data a flow was fitted to. */
export interface DataProvenance {
  /** Names of the columns and, behind them, of those that they are conditioned on. */
  readonly columns: readonly string[] | undefined
  /** SHA-256 of the training data as little-endian float64, hexadecimal. */
  readonly sha256: string | undefined
  /** How rows of a table became these columns, where they are not plain numbers. */
  readonly table?: TableCodec
}

/**
 * A normalizing flow: an exact invertible model f of a distribution, with
 * ln p(x) = ln p_base(f(x)) + ln|det ∂f/∂x|, or of one for every context c, f being another for each: p(x | c). Public
 * values are row-major [rows, dim], densities in nats and in the original units of the data; the flow standardises with
 * its own scaler.
 */
export class Flow<P extends Precision = Precision> {
  /**
   * What its description is built to.
   * @internal
   */
  readonly structure: FlowStructure
  readonly seed: number
  /** All parameters and then the state of layers and base, in the order of `namedSlots`. Owned by the flow. */
  readonly numbers: Reals<P>
  /** The part of them that is trained. */
  readonly parameters: Reals<P>
  readonly kernels: KernelChoice
  scaler: Scaler
  /** Whether a fit has settled the scaler; a further `fit` then keeps it. */
  scaled = false
  data: DataProvenance = { columns: undefined, sha256: undefined }
  /** 'diverged' where the last `fit` ended in a loss that was not finite: the flow is what was reached before. In its file too. */
  training: 'diverged' | undefined
  /** How likely rows were that it was not fitted to, or else those that it was: `scoreRecord` makes it. In its file too. */
  scores: ScoreRecord | undefined
  #evaluator: Evaluator | undefined

  constructor(
    description: FlowDescription,
    { seed = 0, kernels = 'auto' }: Pick<FlowOptions, 'seed' | 'kernels'> = {},
  ) {
    seedWords(seed)
    resolveKernels(kernels, description.precision)
    this.structure = buildStructure(description)
    this.seed = seed
    this.kernels = kernels
    const { numberCount, parameterCount, width, layers, base, embedding, slots, stateSlots } = this.structure
    this.numbers = this.#reals(numberCount)
    this.parameters = this.numbers.subarray(0, parameterCount) as Reals<P>
    this.scaler = identityScaler(width)
    const baseState = valuesOf(base.state ?? [], this.numbers.subarray(stateSlots[layers.length]))
    for (const [i, owner] of [...layers, base, ...(embedding ? [embedding.net] : [])].entries()) {
      const own = valuesOf(owner.parameters, this.parameters.subarray(slots[i]))
      owner.initialise(own, randomStream(seed, PURPOSE.initialise, i), baseState)
    }
  }

  /** How many columns the density is of. */
  get dim(): number {
    return this.structure.dim
  }

  /** Storage and arithmetic. */
  get precision(): P {
    return this.structure.description.precision as P
  }

  /** How many numbers are trained. */
  get parameterCount(): number {
    return this.structure.parameterCount
  }

  /** How many columns the density is conditioned on; 0 for most flows. */
  get contextDim(): number {
    return this.structure.contextDim
  }

  /**
   * ln p(x) of every row [rows, dim], or ln p(x | c), in nats and original units; −∞ where a row or its context lies
   * beyond the bound within which the flow computes (|standardised value| > 10⁶).
   * @throws UsageError for a wrong shape, and where a context is missing or there is none; DataError for NaN.
   */
  logProb(x: Rows, given: Given = {}): Reals<P> {
    const matrix = this.#batch('logProb', x, given)
    const out = this.#reals(matrix.rows)
    logProbInto(this.#ready(), this.scaler, matrix, out)
    return out
  }

  /** ∇ₓ ln p(x) of every row [rows, dim], by x alone, in nats per original unit; NaN where ln p is −∞. */
  score(x: Rows, given: Given = {}): Points<Reals<P>> {
    const { dim } = this
    const matrix = this.#batch('score', x, given)
    const out = this.#reals(matrix.rows * dim)
    this.#chunks(matrix, (evaluator, first, count, outside) => {
      evaluator.score(count)
      out.set(evaluator.unloadScores(count), first * dim)
      for (const t of outside) out.fill(Number.NaN, (first + t) * dim, (first + t + 1) * dim)
    })
    return pointsOf(out, dim)
  }

  /**
   * The mean negative log-likelihood of the rows (nats, original units) and its gradient by every parameter; ∞ and NaN
   * where a row lies beyond the bound.
   * @throws UsageError for a wrong shape, DataError for NaN or ±∞.
   */
  nll(x: Rows, given: Given = {}): { nll: number; gradient: Reals<P> } {
    const matrix = this.#batch('nll', x, given, false)
    const gradient = this.#reals(this.parameters.length)
    let sum = 0
    let scale = 0
    let beyond = false
    this.#ready().clearGradient()
    this.#chunks(matrix, (evaluator, _first, count, outside) => {
      beyond ||= outside.length > 0
      evaluator.accumulateGradient(count)
      for (let t = 0; t < count; t++) sum += evaluator.values[t]
      scale += evaluator.meanScale(count) * (count / matrix.rows)
    })
    const total = this.#ready().gradient
    if (beyond) return { nll: Number.POSITIVE_INFINITY, gradient: gradient.fill(Number.NaN) as Reals<P> }
    for (let i = 0; i < gradient.length; i++) gradient[i] = total[i] / matrix.rows
    return { nll: -scale - sum / matrix.rows, gradient }
  }

  /** x → z = f(x) and ln|det ∂z/∂x|, both including the scaler; NaN for rows beyond the bound of `logProb`. */
  forward(x: Rows, given: Given = {}): { z: Points<Reals<P>>; logDet: Reals<P> } {
    const { dim } = this
    const matrix = this.#batch('forward', x, given)
    const z = this.#reals(matrix.rows * dim)
    const logDet = this.#reals(matrix.rows)
    this.#chunks(matrix, (evaluator, first, count, outside) => {
      evaluator.forward(count)
      z.set(evaluator.rows.subarray(0, count * dim), first * dim)
      evaluator.addScale(count)
      logDet.set(evaluator.values.subarray(0, count), first)
      for (const t of outside) {
        logDet[first + t] = Number.NaN
        z.fill(Number.NaN, (first + t) * dim, (first + t + 1) * dim)
      }
    })
    return { z: pointsOf(z, dim), logDet }
  }

  /** z → x = f⁻¹(z) in original units (float64) and ln|det ∂x/∂z|, both including the scaler. */
  inverse(z: Rows, given: Given = {}): { x: Points<Float64Array>; logDet: Reals<P> } {
    const { dim } = this
    const matrix = toMatrix(z, dim, 'Noise')
    const x = new Float64Array(matrix.rows * dim)
    const logDet = this.#reals(matrix.rows)
    this.#noiseChunks('inverse', matrix, given, (evaluator, first, count) => {
      evaluator.inverse(count)
      x.set(evaluator.unloadRows(count), first * dim)
      evaluator.subtractScale(count)
      logDet.set(evaluator.values.subarray(0, count), first)
    })
    return { x: pointsOf(x, dim), logDet }
  }

  /** Draws [count, dim] rows from the model, in original units. */
  sample(count: number, options: SampleOptions = {}): Points<Float64Array> {
    const draw = sampleOptions(count, options)
    const context = contextOfDraw(this, options.context, count)
    const out = new Float64Array(count * this.dim)
    sampleInto(this.#ready(), this.scaler, draw, out, context)
    return pointsOf(out, this.dim)
  }

  /** Every layer's output on the way from data to noise, first the data themselves; NaN as in `forward`. */
  trace(x: Rows, given: Given = {}): TraceStep[] {
    const { dim } = this
    const { layers } = this.structure
    const { data } = toMatrix(x, dim, 'Batch', { infinite: true })
    const matrix = this.#batch('trace', data, given)
    const clouds = layers.map(() => this.#reals(matrix.rows * dim))
    this.#chunks(matrix, (evaluator, chunk, count, outside) => {
      evaluator.forward(count, (tile, kernels, first, n) => {
        layers.forEach((_, l) => {
          copyTile(kernels.heap.real, tile.points[l + 1], tile.rows, n, dim, clouds[l], (chunk + first) * dim)
        })
      })
      for (const t of outside) {
        for (const cloud of clouds) cloud.fill(Number.NaN, (chunk + t) * dim, (chunk + t + 1) * dim)
      }
    })
    return [
      { name: 'data', layer: -1, points: pointsOf(Float64Array.from(data), dim) },
      ...layers.map((layer, l) => ({
        name: `out of ${layer.label}`,
        layer: l,
        points: pointsOf(clouds[l], dim),
      })),
    ]
  }

  /** Every layer's output on the way from noise to data, first the noise itself; the last layer's in original units. */
  traceInverse(z: Rows, given: Given = {}): TraceStep[] {
    const { dim } = this
    const { layers } = this.structure
    const matrix = toMatrix(z, dim, 'Noise')
    const clouds = layers.map(() => this.#reals(matrix.rows * dim))
    this.#noiseChunks('traceInverse', matrix, given, (evaluator, chunk, count) => {
      evaluator.inverse(count, (tile, kernels, first, n) => {
        layers.forEach((_, l) => {
          copyTile(kernels.heap.real, tile.points[l], tile.rows, n, dim, clouds[l], (chunk + first) * dim)
        })
      })
    })
    const noise = this.#reals(matrix.rows * dim)
    noise.set(matrix.data.subarray(0, noise.length))
    const steps = layers.map((layer, l): TraceStep => {
      if (l > 0) return { name: `out of ${layer.label}`, layer: l, points: pointsOf(clouds[l], dim) }
      const points = new Float64Array(matrix.rows * dim)
      new RowTransform(this.scaler, dim).inverse(clouds[0], points)
      return { name: `out of ${layer.label}`, layer: 0, points: pointsOf(points, dim) }
    })
    return [{ name: 'random sample', layer: -1, points: pointsOf(noise, dim) }, ...steps.reverse()]
  }

  /** The rows that a call is made for, with their context. */
  #batch(call: string, x: Rows, given: Given, infinite = true): RowParts {
    checkGiven(call, given)
    const matrix = toMatrix(x, this.dim, 'Batch', { infinite })
    return joined(matrix, readContext(this, given.context, matrix.rows, { infinite }))
  }

  #reals(length: number): Reals<P> & Reals {
    const double = this.structure.description.precision === 'float64'
    return (double ? new Float64Array(length) : new Float32Array(length)) as Reals<P> & Reals
  }

  #ready(): Evaluator {
    const kind = resolveKernels(this.kernels, this.structure.description.precision)
    this.#evaluator ??= new Evaluator(this.structure, kind)
    this.#evaluator.setNumbers(this.numbers)
    return this.#evaluator
  }

  /** Standardised rows, chunk by chunk; `outside` lists those beyond the bound, counted within the chunk. */
  #chunks(
    x: RowParts,
    work: (evaluator: Evaluator, first: number, count: number, outside: readonly number[]) => void,
  ): void {
    const evaluator = this.#ready()
    eachChunk(evaluator, this.scaler, x, (first, count, outside) => work(evaluator, first, count, outside))
  }

  #noiseChunks(
    call: string,
    { rows, columns, data }: Matrix,
    given: Given,
    work: (evaluator: Evaluator, first: number, count: number) => void,
  ): void {
    checkGiven(call, given)
    const context = contextOfDraw(this, given.context, rows)
    const evaluator = this.#ready()
    evaluator.setScaler(this.scaler)
    for (let first = 0; first < rows; first += evaluator.chunkRows) {
      const count = Math.min(evaluator.chunkRows, rows - first)
      evaluator.rows.set(data.subarray(first * columns, (first + count) * columns))
      if (context) evaluator.loadContext(contextPart(context, first, count))
      work(evaluator, first, count)
    }
  }
}

function checkGiven(call: string, { context: _, ...unknown }: Given): void {
  const [key] = Object.keys(unknown)
  if (key !== undefined) throw new UsageError(`${call} has no option "${key}"; it takes context.`)
}

/** Checks the options of a sample, but for the context, and fills in defaults. */
export function sampleOptions(count: number, options: SampleOptions): SampleDraw {
  const { seed = 0, temperature = 1, firstRow = 0, context: _, ...unknown } = options
  const [key] = Object.keys(unknown)
  if (key !== undefined) {
    throw new UsageError(`sample has no option "${key}"; it takes seed, temperature, firstRow, context.`)
  }
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new UsageError(`The number of rows to sample is ${count}; expected an integer ≥ 0.`)
  }
  if (!(temperature >= 0 && temperature < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`sample's temperature is ${temperature}; expected a finite number ≥ 0.`)
  }
  if (!Number.isSafeInteger(firstRow) || firstRow < 0) {
    throw new UsageError(`sample's firstRow is ${firstRow}; expected an integer ≥ 0.`)
  }
  seedWords(seed)
  return { seed, temperature, firstRow }
}

function copyTile(
  real: Reals,
  tile: number,
  rows: number,
  count: number,
  dim: number,
  target: Reals,
  at: number,
): void {
  for (let t = 0; t < count; t++) {
    for (let j = 0; j < dim; j++) target[at + t * dim + j] = real[tile + j * rows + t]
  }
}

/**
 * A new flow for rows of `dim` columns: a chain of layers, data → noise, on a base, with parameters initialised from
 * the seed. With a `context` of so many columns it is a conditional density, whose layers and base may depend on them.
 * @throws UsageError where a layer, the base or an option cannot be used.
 */
export function flow<P extends Precision = 'float32'>(
  dim: number,
  layers: readonly LayerSpec[],
  options: FlowOptions<P> = {},
): Flow<P> {
  const {
    base = standardNormal(),
    seed,
    precision = 'float32',
    kernels,
    context = 0,
    embedding,
    ...unknown
  }: FlowOptions = options
  const [key] = Object.keys(unknown)
  if (key !== undefined) {
    throw new UsageError(`flow has no option "${key}"; it takes base, seed, precision, kernels, context, embedding.`)
  }
  if (precision !== 'float32' && precision !== 'float64') {
    throw new UsageError(`precision is ${JSON.stringify(precision)}; expected "float32" or "float64".`)
  }
  const specs = JSON.parse(JSON.stringify({ layers, base, embedding })) as Pick<
    FlowDescription,
    'layers' | 'base' | 'embedding'
  >
  const made = new Flow<P>({ dim, contextDim: context, ...specs, precision }, { seed, kernels })
  if (layers.length === 0 && base.type === 'standardNormal') {
    throw new UsageError('A flow of no layers on a standard normal learns nothing: give it layers, such as nsf(dim).')
  }
  return made
}
