import { basename } from 'node:path'
import { type Generator, generators } from 'pushforward'
import { readTable } from '#data/read-table.js'
import { splitOffTest, splitRows } from '#train/split.js'
import { type Cut, cutRows, type Part } from './cut.js'

/** Rows that everyone is trained on and judged by. */
export interface FitSet {
  /** A row's title in the tables. */
  readonly title: string
  readonly columns: number
  /** Whether the density that rows come from is known. */
  readonly known: boolean
  /** The same for the same seed. */
  cut(seed: number): Cut
}

/** Rows of a generator, those held out included, and new ones to judge by. */
const ROWS = { drawn: 16_384, fresh: 100_000 }
/** Share of a generator's rows held out. */
const VALIDATION = 0.1
/** Shares of a table, in the order of its rows; the rest is the test. */
const SHARES = { training: 0.8, validation: 0.1 }

export const generatorNames = [...generators.keys()]

/** A generator's rows, each seed's its own, with the log-density that they have in truth. */
export function generatorSet(name: string): FitSet {
  const generator = generators.get(name) as Generator
  const columns = generator.columns.length
  const cuts = new Map<number, Cut>()
  return {
    title: name,
    columns,
    known: true,
    cut(seed) {
      const known = cuts.get(seed)
      if (known) return known
      const cut = cutRows(name, { ...drawn(generator, seed), columns }, truthOf(generator))
      cuts.set(seed, cut)
      return cut
    },
  }
}

/** Training and held-out rows, and fresh ones: points have streams of their own, and those after them are new. */
function drawn(generator: Generator, seed: number): Record<Part, Float64Array> {
  const { data } = generator.generate(ROWS.drawn, { seed })
  const { training, validation } = splitRows(ROWS.drawn, VALIDATION, seed)
  const test = generator.generate(ROWS.fresh, { seed, first: ROWS.drawn }).data
  const columns = generator.columns.length
  return { training: taken(data, training, columns), validation: taken(data, validation, columns), test }
}

const truthOf =
  (generator: Generator) =>
  (rows: Float64Array): Float64Array =>
    Float64Array.from({ length: rows.length / 2 }, (_, i) => generator.logProb(rows[2 * i], rows[2 * i + 1]))

/** A CSV file: its first rows for training, the next ones held out, the last ones to judge by; or drawn by the seed. */
export async function tableSet(path: string, shuffle: boolean): Promise<FitSet> {
  const { points } = await readTable(path)
  const { rows, columns } = points
  const data = new Float64Array(rows * columns)
  let at = 0
  for await (const block of points.blocks(rows)) {
    data.set(block, at)
    at += block.length
  }
  points.close()
  return {
    title: basename(path),
    columns,
    known: false,
    cut(seed) {
      const parts = shuffle ? drawnParts(rows, seed) : partsInOrder(rows)
      const part = (name: Part) => taken(data, parts[name], columns)
      const named = { training: part('training'), validation: part('validation'), test: part('test') }
      return cutRows(path, { ...named, columns })
    },
  }
}

type Parts = Readonly<Record<Part, Iterable<number>>>

function partsInOrder(rows: number): Parts {
  const training = Math.round(SHARES.training * rows)
  const validation = Math.round((SHARES.training + SHARES.validation) * rows)
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
  return { training: range(0, training), validation: range(training, validation), test: range(validation, rows) }
}

function drawnParts(rows: number, seed: number): Parts {
  const { rest, test } = splitOffTest(rows, 1 - SHARES.training - SHARES.validation, seed)
  const left = [...rest]
  const { training, validation } = splitRows(
    left.length,
    SHARES.validation / (SHARES.training + SHARES.validation),
    seed,
  )
  const each = (chosen: Iterable<number>) => Array.from(chosen, (i) => left[i])
  return { training: each(training), validation: each(validation), test }
}

/** Rows by their numbers. */
function taken(data: Float64Array, chosen: Iterable<number>, columns: number): Float64Array {
  return Float64Array.from([...chosen].flatMap((row) => [...data.subarray(row * columns, (row + 1) * columns)]))
}
