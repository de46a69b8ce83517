import type { RowCodec } from '../columns/table-codec.js'
import { evenRows } from '../data/row-sample.js'
import { chosenRows, matrixSource } from '../data/row-source.js'
import type { Matrix } from '../data/rows.js'
import { joined } from '../flow/context.js'
import type { Model } from '../flow/ensemble.js'
import { type ScoreRecord, scoreRecord } from '../flow/score-record.js'
import type { ParallelOptions } from '../parallel/chunks.js'
import { densityRoom, logProbTo } from '../parallel/evaluate.js'
import { threadsOfAll } from '../parallel/threads.js'
import { scoredValues } from '../predict/score-values.js'
import type { FitResult } from '../train/fit.js'
import { type Part, weightsIn } from '../train/given-rows.js'
import type { Job } from './train-job.js'

/** Rows of a part that are scored, at most: a quantile of as many is off by half a percent. */
const MOST_ROWS = 10_000
/** Likewise where cells may be missing, whose scores take hundreds of times as long. */
const MOST_GAPPED_ROWS = 1000

/**
 * What the model's file is to keep of the scores of rows held out, for a test or for validation, or of those trained on where
 * none were: as `score` writes them, so that it can tell the quantiles of others.
 */
export async function scoresOf(job: Job, { split }: FitResult): Promise<ScoreRecord> {
  const { model, rows, weights, test, options, data } = job
  const part = (set: typeof split.training): Part => ({
    rows: chosenRows(rows, set),
    weights: weightsIn(weights?.rows, set),
  })
  const heldOut = [...(test ? [{ rows: test, weights: weights?.test }] : []), part(split.validation)].filter(counts)
  const threads = threadsOfAll(options.fit.threads ?? 'auto', model, MOST_ROWS)
  const most = data.codec && data.codec.gaps.length > 0 ? MOST_GAPPED_ROWS : MOST_ROWS
  const scores: number[] = []
  for (const own of heldOut.length > 0 ? heldOut : [part(split.training)]) {
    const chosen = await evenRows(own.rows, Math.min(own.rows.rows, most), own.weights)
    for await (const logProb of scoresOfRows(model, chosen, data.codec, { threads })) scores.push(...logProb)
  }
  return scoreRecord(scores, heldOut.length > 0 ? 'held-out' : 'training')
}

const counts = ({ rows, weights }: Part) => (weights ? weights.some((weight) => weight > 0) : rows.rows > 0)

/** ln p of rows as the flow has them; of rows of a table that of their values, masses where those are discrete. */
async function* scoresOfRows(
  model: Model,
  matrix: Matrix,
  codec: RowCodec | undefined,
  parallel: ParallelOptions,
): AsyncGenerator<Iterable<number>> {
  const { data, rows } = matrix
  if (codec) {
    const columns = codec.columns.length
    const values = matrixSource({ data: codec.decode(data, new Float64Array(rows * columns)), rows, columns })
    for await (const { logProb } of scoredValues(model, codec, values, parallel)) yield logProb
    return
  }
  const room = densityRoom(model, rows)
  await logProbTo(model, joined(matrix), room, parallel)
  yield room
}
