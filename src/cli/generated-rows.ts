import type { RowCodec } from '../columns/table-codec.js'
import type { Generator } from '../data/generators.js'
import type { RowSource } from '../data/row-source.js'
import { UsageError } from '../errors.js'
import { readData } from './data-source.js'
import { type Begun, rowsFor } from './from-model.js'
import { type ModelRows, modelRows } from './given-columns.js'
import type { TrainOptions } from './train-options.js'

/** Rows to train on, drawn or read, and what is known of them. */
export interface TrainingRows extends ModelRows {
  /** For a run's folder: the generator's name, or the file's without its extension. */
  readonly name: string
  readonly weights: Float64Array | undefined
  /** Of rows that were drawn. */
  readonly generated?: { readonly generator: Generator; readonly points: RowSource }
  /** Of rows of a file. */
  readonly codec?: RowCodec
  /** What its columns were taken for, as --column takes it. */
  readonly kinds?: string
}

/**
 * The rows of a generator, with the columns of --given behind the others.
 * @throws UsageError for what is for files.
 */
export async function readGenerator(
  name: string,
  options: TrainOptions,
  begun: Begun | undefined,
): Promise<TrainingRows> {
  const { seed, given, where, choices, columns, reading, rows } = options
  const stray = [
    ['weights', options.weights !== undefined],
    ['drop', [...choices.kinds.values()].some((kind) => kind === 'drop')],
    ['column', choices.kinds.size > 0 || choices.all !== undefined],
    ['drop-missing', options.dropMissing],
    ['missing', options.modelMissing],
  ].find(([, said]) => said)
  if (stray) throw new UsageError(`--${stray[0]} is for files; ${name} is a generator.`)
  const source = await readData(name, { rows, seed, columns, where, ...reading })
  const { generator, points } = source
  return {
    ...{
      name,
      ...(begun ? rowsFor(begun.model, source) : modelRows(source, given)),
      weights: undefined,
      codec: undefined,
    },
    ...(generator && { generated: { generator, points } }),
  }
}
