import { generators } from '../data/generators.js'
import { chosenRows } from '../data/row-source.js'
import { dataSha256 } from '../data/sha256.js'
import { type Part, weightsIn } from '../train/given-rows.js'
import { splitOffTest } from '../train/split.js'
import { type Architecture, architecture } from './architecture.js'
import { budgetOf, chooseFlow, type Settled, takeFlow, trainOn, withPreprocess } from './choose-flow.js'
import { type DataSource, readData } from './data-source.js'
import { type Begun, columnsFor, readFrom, rowsFor } from './from-model.js'
import { modelRows } from './given-columns.js'
import { withHeldOut } from './held-out.js'
import { warn } from './output.js'
import { withoutFills } from './preprocessing.js'
import { takeWeights } from './row-weights.js'
import { checkUnused } from './run-folder.js'
import { type StartsRecord, startedRun } from './run-record.js'
import type { Job } from './train-job.js'
import type { TrainOptions } from './train-options.js'
import { tryStarts } from './try-starts.js'
import { dataWarnings } from './warnings.js'

/** A run before its folder. */
export type Prepared = Omit<Job, 'folder' | 'report'> & {
  /** When the budget ends, where there is one, in milliseconds of performance.now. */
  readonly deadline: number | undefined
}

/** Reads the data and settles the model: whatever is wrong with the request comes out here, and nothing is written. */
export async function prepare(argument: string, asked: TrainOptions): Promise<Prepared> {
  const { seed, out } = asked
  if (out !== undefined) await checkUnused(out)
  const begun = asked.from && (await readFrom(asked.from, asked.fit.kernels))
  const source = await readSource(argument, asked, begun)
  const all = begun ? rowsFor(begun.model, source, asked.weights) : modelRows(source, asked.given)
  const kept = source.generator ? all : await withoutFills(all, asked.fillValue)
  const { points, columns, dim, weights } = await takeWeights(kept, asked.weights, source.generator?.name)
  const options = withHeldOut(asked, points.rows, source.generator !== undefined)
  const named = options.flow === undefined ? undefined : await architecture(dim, options)
  const how =
    options.preprocess ?? (begun || named?.standardise === false ? 'none' : named ? 'standardise' : 'gaussianise')
  if (!source.generator) {
    for (const warning of await dataWarnings({ points, columns, dim }, how, options)) warn(warning)
  }
  const { rest, test } = splitOffTest(points.rows, options.test, seed)
  const rows = test.size > 0 ? chosenRows(points, rest) : points
  const part = { rows, weights: weightsIn(weights, rest) }
  const budget = budgetOf(options)
  const deadline = budget === undefined ? undefined : performance.now() + 1000 * budget
  const { starts, ...settled } = await settle(part, columns, dim, { begun, named, how }, options)
  const given = columns.length > dim ? columns.slice(dim) : undefined
  const data = { name: source.name, rows: points.rows, columns, given, sha256: await dataSha256(points) }
  return {
    source: { ...source, columns: source.columns.filter((name) => name !== options.weights) },
    columns,
    rows,
    ...{ test: undefined, numbers: undefined, trials: undefined },
    ...(test.size > 0 && { test: chosenRows(points, test), numbers: { rows: rest, test } }),
    weights: weights && { rows: part.weights, test: weightsIn(weights, test) },
    record: startedRun({ seed, data, from: begun?.from, starts }),
    deadline,
    ...settled,
  }
}

function readSource(argument: string, options: TrainOptions, begun: Begun | undefined): Promise<DataSource> {
  const { rows, seed, given = [], weights, where, reading } = options
  const beside = [...given, ...(weights === undefined ? [] : [weights])]
  const chosen = options.columns && [...new Set([...options.columns, ...beside])]
  const columns = begun && !generators.has(argument) ? columnsFor(begun.model, argument, options) : chosen
  return readData(argument, { rows, seed, columns, where, ...reading })
}

/** The model that is trained: one that there is, a flow that was named, or one that the rows decide on; the best of its starts. */
async function settle(
  part: Part,
  columns: readonly string[],
  dim: number,
  { begun, named, how }: { begun?: Begun; named?: Architecture; how: NonNullable<TrainOptions['preprocess']> },
  options: TrainOptions,
): Promise<Settled & { starts?: StartsRecord }> {
  if (begun) {
    const settled = await trainOn(part, begun.model, options)
    return { ...settled, options: { ...settled.options, from: begun.from } }
  }
  const settled = named
    ? await takeFlow(part, columns, dim, named, withPreprocess(options, how))
    : await chooseFlow(part, columns, dim, options)
  return options.starts > 1 ? tryStarts(part, settled) : settled
}
