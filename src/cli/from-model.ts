import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { TableCodec } from '../columns/kinds.js'
import { chosenColumns } from '../data/row-columns.js'
import { type ColumnChooser, columnNames as namesOf } from '../data/table-columns.js'
import { count } from '../data/wording.js'
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
  model: Model,
  argument: string,
  { columns, weights, where }: Pick<TrainOptions, 'columns' | 'weights' | 'where'>,
): ColumnChooser {
  const names = tableNames(model)
  const own = names?.length ?? model.dim + model.contextDim
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
    if (width !== own + beside.length) {
      const needed = names ? ` (${names.join(', ')})` : ''
      throw new DataError(
        `${argument} has ${count(width, 'column')}${header ? '' : ' without names'}, but the model has ${own}${needed}.`,
      )
    }
    const all = header ?? namesOf(undefined, width)
    return [...all.filter((name) => name !== weights), ...beside]
  }
}

/** The columns of a table that a model has, by name, where it knows names. */
export function tableNames({ data: { columns, table } }: Model): readonly string[] | undefined {
  return table ? table.columns.map(({ name }) => name) : columns
}

function checkSame(columns: readonly string[], names: readonly string[]): void {
  const unknown = columns.find((name) => !names.includes(name))
  const missing = names.find((name) => !columns.includes(name))
  if (unknown === undefined && missing === undefined) return
  const what = unknown === undefined ? `leaves out ${JSON.stringify(missing)}` : `names ${JSON.stringify(unknown)}`
  throw new UsageError(`--columns ${what}, but the model of --from has the columns ${names.join(', ')}.`)
}

/**
 * The rows of a generator as a model takes them, what it is conditioned on behind.
 * @throws DataError for one of other columns.
 */
export function rowsFor(model: Model, { points, columns, name }: DataSource): ModelRows {
  const names = tableNames(model) ?? columns
  if (model.data.table || names.length !== columns.length || !names.every((own) => columns.includes(own))) {
    throw new DataError(`${name} has the columns ${columns.join(', ')}, but the model has ${names.join(', ')}.`)
  }
  const places = names.map((own) => columns.indexOf(own))
  return { points: chosenColumns(points, places), columns: names, dim: model.dim }
}

/** How rows of a table become those of a model that is trained on. */
export function codecFor(model: Model, read: readonly string[], seed: number): TableCodec {
  if (model.data.table) return model.data.table
  const names = tableNames(model) ?? read
  return {
    columns: names.map((name) => ({ name, kind: { kind: 'continuous' } })),
    given: names.slice(model.dim),
    seed,
  }
}
