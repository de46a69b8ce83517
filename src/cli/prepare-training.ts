import { decodedRows } from '../columns/encoded-rows.js'
import { isPlain } from '../columns/kinds.js'
import type { RowCodec } from '../columns/table-codec.js'
import { generators } from '../data/generators.js'
import { chosenRows } from '../data/row-source.js'
import { dataSha256 } from '../data/sha256.js'
import { isBounded } from '../data/support.js'
import { type Part, weightsIn } from '../train/given-rows.js'
import { splitOffTest } from '../train/split.js'
import { type Architecture, architecture } from './architecture.js'
import { budgetOf, chooseFlow, type Known, type Settled, takeFlow, trainOn, withPreprocess } from './choose-flow.js'
import { type Begun, readFrom } from './from-model.js'
import { readGenerator, type TrainingRows } from './generated-rows.js'
import { withHeldOut } from './held-out.js'
import { warn } from './output.js'
import { checkUnused, checkWritable, RUNS } from './run-folder.js'
import { type RunRecord, type StartsRecord, startedRun } from './run-record.js'
import { readTableRows } from './table-rows.js'
import type { Job } from './train-job.js'
import type { TrainOptions } from './train-options.js'
import { takeStart, tryStarts } from './try-starts.js'
import { dataWarnings } from './warnings.js'

/** A run before its folder. */
export type Prepared = Omit<Job, 'folder' | 'checkpoint' | 'report'> & {
  /** When the budget ends, where there is one, in milliseconds of performance.now. */
  readonly deadline: number | undefined
}

/** The rows of a run, and what is known before a model is settled. */
export interface ReadRows extends Pick<Job, 'data' | 'rows' | 'test' | 'numbers' | 'weights' | 'options'>, Chosen {
  readonly part: Part
}

/**
 * Reads the data, and looks at everything that was asked for: whatever is wrong with the request comes out here, and nothing is
 * written. `dry`: nothing is trained, not even for cells that are missing.
 */
export async function readRows(
  argument: string,
  asked: TrainOptions,
  { quiet, dry }: { readonly quiet: boolean; readonly dry: boolean },
): Promise<ReadRows> {
  const { seed, out } = asked
  if (out !== undefined) await checkUnused(out)
  const begun = asked.from && (await readFrom(asked.from, asked.fit.kernels))
  const data = generators.has(argument)
    ? await readGenerator(argument, asked, begun)
    : await readTableRows(argument, asked, begun, { quiet, dry })
  const { points, columns, dim, weights, codec } = data
  const options = withHeldOut(asked, points.rows, data.generated !== undefined)
  const named = options.flow === undefined ? undefined : await architecture(dim, options)
  const how =
    options.preprocess ?? (begun || named?.standardise === false ? 'none' : named ? 'standardise' : 'gaussianise')
  if (codec) {
    for (const warning of await dataWarnings({ points, columns, dim }, how, options)) warn(warning)
  }
  const { rest, test } = splitOffTest(points.rows, options.test, seed)
  const rows = test.size > 0 ? chosenRows(points, rest) : points
  const part = { rows, weights: weightsIn(weights, rest) }
  return {
    ...{ data, options, rows, part, begun, named, how, known: codec ? knownOf(codec) : {} },
    ...{ test: undefined, numbers: undefined },
    ...(test.size > 0 && { test: chosenRows(points, test), numbers: { rows: rest, test } }),
    weights: weights && { rows: part.weights, test: weightsIn(weights, test) },
  }
}

/** Reads the data and settles the model. Of a run that goes on, `before` tells what has been settled. */
export async function prepare(
  argument: string,
  asked: TrainOptions,
  json: boolean,
  before?: RunRecord,
): Promise<Prepared> {
  if (before === undefined) await checkWritable(asked.out ?? RUNS)
  const { part, begun, named, how, known, ...read } = await readRows(argument, asked, { quiet: json, dry: false })
  const { points, columns, dim, name, kinds, codec } = read.data
  const budget = budgetOf(read.options)
  const deadline = budget === undefined ? undefined : performance.now() + 1000 * budget
  const chosen = { begun, named, how, known, starts: before?.starts }
  const { starts, trials = before?.trials, ...settled } = await settle(part, read.data, chosen, read.options)
  const given = columns.length > dim ? columns.slice(dim) : undefined
  // Where values are spread, and what is drawn for missing cells, depends on the seed; the values do not.
  const values = codec && !isPlain(codec.codec) ? { valuesSha256: await dataSha256(decodedRows(codec, points)) } : {}
  const record = { name, rows: points.rows, columns, given, sha256: await dataSha256(points), ...values }
  return {
    ...read,
    ...{ columns, trials },
    record: startedRun({ seed: asked.seed, data: record, from: begun?.from, starts, trials }),
    deadline,
    ...settled,
    options: { ...settled.options, kinds },
  }
}

function knownOf({ codec, supports }: RowCodec): Known {
  return { ...(!isPlain(codec) && { table: codec }), ...(isBounded(supports) && { supports }) }
}

/** What of the model is there before the rows are asked. */
interface Chosen {
  readonly begun: Begun | undefined
  readonly named: Architecture | undefined
  readonly how: NonNullable<TrainOptions['preprocess']>
  readonly known: Known
}

/** The model that is trained: one that there is, a flow that was named, or one that the rows decide on; the best of its starts. */
async function settle(
  part: Part,
  { columns, dim }: TrainingRows,
  { begun, named, how, known, starts }: Chosen & { starts: StartsRecord | undefined },
  options: TrainOptions,
): Promise<Settled & { starts?: StartsRecord }> {
  if (begun) {
    const settled = await trainOn(part, begun.model, options)
    return { ...settled, options: { ...settled.options, from: begun.from } }
  }
  const settled = named
    ? await takeFlow(part, columns, dim, named, known, withPreprocess(options, how, known))
    : await chooseFlow(part, columns, dim, known, options)
  if (options.starts === 1) return settled
  return starts ? takeStart(settled, starts) : tryStarts(part, settled)
}
