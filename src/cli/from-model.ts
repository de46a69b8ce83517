import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { chosenColumns } from '../data/row-columns.js'
import { type ColumnChooser, columnNames as namesOf } from '../data/table-columns.js'
import { DataError, UsageError } from '../errors.js'
import type { Model } from '../flow/ensemble.js'
import { readModel } from '../io/save-flow.js'
import type { KernelChoice } from '../kernels/create.js'
import type { DataSource } from './data-source.js'
import type { ModelRows } from './given-columns.js'
import { warnIfDiverged } from './load-model.js'
import { modelPath } from './run-folder.js'
import type { TrainOptions } from './train-options.js'

/** Where a model that is trained on comes from; config.json and run.json hold it. */
export interface From {
  /** Its file. */
  readonly model: string
  /** Of the file's bytes; from the command line it is not known yet. */
  readonly sha256?: string
}

/** The model of --from, and which bytes that was. */
export interface Begun {
  readonly model: Model
  readonly from: Required<From>
}

/**
 * Reads the model of --from.
 * @throws UsageError where there is none, or another than a config says; FormatError where it cannot be read.
 */
export async function readFrom(wanted: From, kernels: KernelChoice | undefined): Promise<Begun> {
  const { model, file, bytes } = await readModel(await modelPath(wanted.model), { kernels })
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (wanted.sha256 !== undefined && wanted.sha256 !== sha256) {
    throw new UsageError(
      `The model ${file} is not the one that the run of this config began with: its SHA-256 is ${sha256}, expected ${wanted.sha256}. Put that one back, or give --from anew to train on what is there.`,
    )
  }
  warnIfDiverged(model)
  return { model, from: { model: resolve(file), sha256 } }
}

/**
 * Reads the columns of a table that a model has, in its order, and that of --weights behind them.
 * @throws UsageError where --columns names others; DataError where the table has others, or too few.
 */
export function columnsFor(
  { data: { columns: names }, dim, contextDim }: Model,
  argument: string,
  { columns, weights, where }: Pick<TrainOptions, 'columns' | 'weights' | 'where'>,
): ColumnChooser {
  const beside = weights === undefined ? [] : [weights]
  if (names && columns) checkSame(columns, names)
  return (header, width) => {
    if (columns && !names) return [...columns, ...beside]
    if (names && header) {
      const known = [...names, ...beside]
      const others = header.filter((name) => !known.includes(name) && name !== where?.column)
      // One that is missing is the reader's error, and comes first: it may have been renamed.
      if (columns || others.length === 0 || !names.every((name) => header.includes(name))) return known
      throw new DataError(
        `${argument} has columns that the model does not know: ${others.join(', ')}. Leave them out with --columns ${names.join(',')}.`,
      )
    }
    if (width !== dim + contextDim + beside.length) {
      const needed = names ? ` (${names.join(', ')})` : ''
      throw new DataError(
        `${argument} has ${width} columns${header ? '' : ' without names'}, but the model has ${dim + contextDim}${needed}.`,
      )
    }
    const all = header ?? namesOf(undefined, width)
    return [...all.filter((name) => name !== weights), ...beside]
  }
}

function checkSame(columns: readonly string[], names: readonly string[]): void {
  const unknown = columns.find((name) => !names.includes(name))
  const missing = names.find((name) => !columns.includes(name))
  if (unknown === undefined && missing === undefined) return
  const what = unknown === undefined ? `leaves out ${JSON.stringify(missing)}` : `names ${JSON.stringify(unknown)}`
  throw new UsageError(`--columns ${what}, but the model of --from has the columns ${names.join(', ')}.`)
}

/**
 * The rows as a model takes them, what it is conditioned on behind, under the names that it knows; weights stay among those
 * that are modelled.
 * @throws DataError for a generator of other columns.
 */
export function rowsFor(model: Model, source: DataSource, weights: string | undefined): ModelRows {
  const { points, columns, generator } = source
  const own = columns.filter((name) => name !== weights)
  const names = model.data.columns ?? own
  const byName = names.length === own.length && names.every((name) => own.includes(name))
  if (generator && !byName) {
    throw new DataError(`${generator.name} has the columns ${own.join(', ')}, but the model has ${names.join(', ')}.`)
  }
  const places = names.map((name, j) => columns.indexOf(byName ? name : own[j]))
  const beside = weights === undefined ? [] : [columns.indexOf(weights)]
  const ordered = (all: readonly string[] | readonly number[], extra: readonly (string | number)[]) => [
    ...all.slice(0, model.dim),
    ...extra,
    ...all.slice(model.dim),
  ]
  return {
    points: chosenColumns(points, ordered(places, beside) as number[]),
    columns: ordered(names, weights === undefined ? [] : [weights]) as string[],
    dim: model.dim + beside.length,
  }
}
