import { type Arena, type Heap, NONE, type Offset } from '../kernels/heap.js'
import type { Kernels } from '../kernels/kernels.js'
import { lengthOf, type Pieces, Region, type Span } from '../kernels/pass.js'
import { encode } from '../kernels/program.js'
import { seedWords } from '../random/philox.js'
import type { FlowStructure } from './structure.js'
import { recordPasses, type TileArrays, type TilePasses, type TileUse } from './tile-passes.js'

/** Addresses a run of base draws: rows firstRow, firstRow + 1, … of the sample with this seed. */
export interface BaseDraw {
  keyLow: number
  keyHigh: number
  firstRow: number
  /** Whose rows, fewer than 2³², are no other step's; default 0. */
  step?: number
  /** Of the normals. */
  purpose: number
  /** Of the uniform numbers, where the base takes some. */
  uniformPurpose: number
}

const TWO_POW_32 = 4294967296

/** Whether and by which numbers a pass is random: dropout alone is, in training. */
export interface RandomKey {
  readonly seed: number
  readonly step: number
  /** Of the tile's first row, within the batch. */
  readonly firstRow: number
}

/** Seed (2), step, first row (2), and whether a pass is random at all. */
const KEY_WORDS = 6

/** Words of a recorded pass and where they lie in the heap. */
interface Program {
  readonly words: Int32Array
  readonly first: Offset
  readonly end: Offset
}

type PassName = Exclude<keyof TilePasses, 'pieces'>

/** In this order they lie in the heap, so that those that follow one another can be one call. */
const PROGRAMS: readonly PassName[] = [
  ...(['forward', 'density', 'densityBackward', 'backward'] as const),
  ...(['sample', 'inverse', 'inverseDensity', 'inverseBackward'] as const),
]

/**
 * One thread's working tile: the cloud before and after every layer, tapes, gradients. Laid out in an arena once;
 * every pass over rows then runs in the same memory, so that memory does not grow with the data. For the same reason a
 * pass is always the same calls of the same kernels: they are recorded once, and each pass is one call.
 */
export class Tile {
  readonly structure: FlowStructure
  readonly rows: number
  /**
   * points[l] is the input of layer l on the data side, the last one is the noise: each [dim, rows]. Where nothing is
   * differentiated, every second one lies in the same place.
   */
  readonly points: readonly Offset[]
  /** [rows] each */
  readonly logDet: Offset
  readonly logProb: Offset
  /** The gradient of the objective with respect to each row's log-density; 0 on padding lanes. */
  readonly dLogProb: Offset
  /** Whether any of its calls draws random numbers: see `setKey`. */
  readonly random: boolean
  readonly #arrays: TileArrays
  readonly #pieces: TilePasses['pieces']
  readonly #programs: Readonly<Record<PassName, Program>>
  /** Where backward passes add the gradient of the parameters. */
  #dParams: Offset = NONE
  /** How `dLogProb` is seeded: almost always as for the tile before. */
  #seed = { value: 0, count: 0 }

  /** `params` is where the flow's parameters lie. */
  constructor(structure: FlowStructure, arena: Arena, use: TileUse, rows: number, params: Offset) {
    this.structure = structure
    this.rows = rows
    const placed = placeArrays(structure, arena, use, rows, params)
    // Once where nothing is, to learn how much is kept; then where it goes.
    const [tape, scratch] = [new Region(0), new Region(0)]
    recordPasses(structure, use, { ...placed, tape, scratch })
    this.#arrays = {
      ...placed,
      tape: new Region(arena.real(tape.length)),
      scratch: new Region(arena.real(scratch.length)),
    }
    const passes = recordPasses(structure, use, this.#arrays)
    this.points = placed.points.map(({ at }) => at)
    this.logDet = placed.logDet.at
    this.logProb = placed.logProb.at
    this.dLogProb = placed.dLogProb.at
    this.#pieces = passes.pieces
    this.random = [...passes.forward, ...passes.inverse].some(({ operation }) =>
      Object.values(operation.operands).some(({ role }) => role === 'key'),
    )

    const words = PROGRAMS.map((name) => encode(passes[name]))
    let at = arena.int(words.reduce((sum, { length }) => sum + length, 0))
    const programs = PROGRAMS.map((name, i) => {
      const first = at
      at += words[i].length
      return [name, { words: words[i], first, end: at }]
    })
    this.#programs = Object.fromEntries(programs)
  }

  /** Writes the recorded passes into the heap; once, before the first of them. */
  load({ i32 }: Heap): void {
    for (const { words, first } of Object.values(this.#programs)) i32.set(words, first)
  }

  /** The gradient with respect to the tile's data after `backward`: [dim, rows]. */
  get dData(): Offset {
    return this.#arrays.gradients[0].at
  }

  /** The gradient with respect to the noise, read by `layersBackward`, left by `inverseBackward`: [dim, rows]. */
  get dNoise(): Offset {
    return this.#arrays.gradients[this.structure.layers.length % 2].at
  }

  /** [dim, rows], with the context [contextDim, rows] behind it. */
  get data(): Offset {
    return this.points[0]
  }

  get noise(): Offset {
    return this.points[this.points.length - 1]
  }

  /** [contextDim, rows]; NONE where the flow has no context. */
  get context(): Offset {
    return this.#arrays.context?.at ?? NONE
  }

  /** The gradient by what layers see of the context, after a way back that was asked for it: [contextDim, rows]. */
  get dContext(): Offset {
    return this.#arrays.dContext?.at ?? NONE
  }

  /** Makes the next passes random by these numbers; undefined: not at all, as they are at first. */
  setKey({ i32 }: Heap, key: RandomKey | undefined): void {
    const at = this.#arrays.key
    if (!key) {
      i32[at + 5] = 0
      return
    }
    const { seed, step, firstRow } = key
    i32.set([...seedWords(seed), step, firstRow % TWO_POW_32, Math.floor(firstRow / TWO_POW_32), 1], at)
  }

  /** Lets the next backward passes add parameter gradients to an array in the layout of the parameters. */
  accumulateInto(dParams: Offset): void {
    this.#dParams = dParams
  }

  /** data → noise and logDet. */
  forward(kernels: Kernels): void {
    this.#run(kernels, 'forward', 'forward')
  }

  /** data → noise, logDet and logProb[t] = logDet[t] + ln p(noise[t]), in standardised units. */
  density(kernels: Kernels): void {
    this.#run(kernels, 'forward', 'density')
  }

  /** noise → data; logDet is then the negative of the forward's. */
  inverse(kernels: Kernels): void {
    this.#run(kernels, 'inverse', 'inverse')
  }

  /** The same, and logProb[t] = ln p_base(noise[t]) − logDet[t], the log-density of the data; to train from noise. */
  inverseDensity(kernels: Kernels): void {
    this.#run(kernels, 'inverse', 'inverseDensity')
  }

  /** Noise of the base, the normals multiplied by `temperature`. */
  sampleNoise(kernels: Kernels, draw: BaseDraw, temperature: number): void {
    const { normals, uniforms } = this.#arrays
    const { keyLow, keyHigh, firstRow, step = 0 } = draw
    const at = [this.rows, keyLow, keyHigh, firstRow % TWO_POW_32, Math.floor(firstRow / TWO_POW_32) + step] as const
    if (normals.shape[0] > 0) kernels.normal(normals.shape[0], ...at, draw.purpose, normals.at)
    if (uniforms.shape[0] > 0) kernels.uniform(uniforms.shape[0], ...at, draw.uniformPurpose, uniforms.at)
    if (temperature !== 1) {
      const { real } = kernels.heap
      for (let i = 0; i < lengthOf(normals.shape); i++) real[normals.at + i] *= temperature
    }
    this.#run(kernels, 'sample', 'sample')
  }

  /**
   * After `density`, with `dLogProb` seeded: adds the gradient of Σ dLogProb · logProb to the parameter gradients and
   * leaves that of the data in `dData`.
   */
  backward(kernels: Kernels): void {
    this.#run(kernels, 'densityBackward', 'backward')
  }

  /** The same of Σ dNoise · noise + Σ dLogProb · logDet, after `forward`. */
  layersBackward(kernels: Kernels): void {
    this.#run(kernels, 'backward', 'backward')
  }

  /** After `inverse`: from the gradients of the data, `dData`, and of logDet, `dLogProb`, to that of the noise. */
  inverseBackward(kernels: Kernels): void {
    this.#run(kernels, 'inverseBackward', 'inverseBackward')
  }

  /** Seeds `dLogProb` with `value` on the first `count` rows and with 0 on the padding lanes. */
  seed(kernels: Kernels, value: number, count: number): void {
    if (value === this.#seed.value && count === this.#seed.count) return
    kernels.fill(count, value, this.dLogProb)
    kernels.fill(this.rows - count, 0, this.dLogProb + count)
    this.#seed = { value, count }
  }

  /** Seeds `dLogProb` of the first rows, each with its own, and with 0 on the padding lanes. */
  seedRows({ heap: { real } }: Kernels, values: Float64Array): void {
    real.set(values, this.dLogProb)
    real.fill(0, this.dLogProb + values.length, this.dLogProb + this.rows)
    this.#seed = { value: Number.NaN, count: 0 }
  }

  /** Which smooth piece the row lies on (signs, bin indices) after a pass that way. */
  branches({ heap }: Kernels, row: number, direction: 'forward' | 'inverse' = 'forward'): number[] {
    return this.#pieces[direction].flatMap((pieces) => readPieces(heap, pieces, this.rows, row))
  }

  #run(kernels: Kernels, from: PassName, to: PassName): void {
    kernels.run(this.#programs[from].first, this.#programs[to].end, this.#dParams)
  }
}

function readPieces({ real }: Heap, { span, by }: Pieces, rows: number, row: number): number[] {
  return Array.from({ length: lengthOf(span.shape) / rows }, (_, i) => {
    const value = real[span.at + i * rows + row]
    return by === 'value' ? value : value > 0 ? 1 : 0
  })
}

function placeArrays(
  { layers, dim, contextDim, base, embedding }: FlowStructure,
  arena: Arena,
  use: TileUse,
  rows: number,
  params: Offset,
): Omit<TileArrays, 'tape' | 'scratch'> {
  const real = (...shape: number[]): Span => ({ at: arena.real(lengthOf(shape)), shape })
  const cloud = () => real(dim, rows)
  const differentiate = use !== 'evaluate'
  // The context lies behind the data, so that both are gathered at once.
  const first = real(dim + contextDim, rows)
  const data = { ...first, shape: [dim, rows] }
  const context = { at: first.at + dim * rows, shape: [contextDim, rows] }
  const clouds = [data, ...Array.from({ length: differentiate ? layers.length : 1 }, cloud)]
  const points = Array.from({ length: layers.length + 1 }, (_, l) => clouds[l % clouds.length])
  const none: Span = { at: NONE, shape: [dim, rows] }
  const asked = use === 'differentiate both ways' ? contextDim > 0 : differentiate && embedding !== undefined
  return {
    params,
    rows,
    points,
    context: contextDim > 0 ? context : undefined,
    embedded: embedding && real(embedding.outputs, rows),
    dContext: asked ? real(embedding?.outputs ?? contextDim, rows) : undefined,
    key: arena.int(KEY_WORDS),
    logDet: real(rows),
    logProb: real(rows),
    dLogProb: differentiate ? real(rows) : { at: NONE, shape: [rows] },
    gradients: differentiate ? [cloud(), cloud()] : [none, none],
    normals: base.sample ? real(base.normals, rows) : points[layers.length],
    uniforms: real(base.uniforms, rows),
  }
}
