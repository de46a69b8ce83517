import type { RowSource } from '../data/row-source.js'
import { joined } from '../flow/context.js'
import type { Model } from '../flow/ensemble.js'
import { type ParallelOptions, parallelRowsOf } from '../parallel/chunks.js'
import { densityRoom, logProbTo } from '../parallel/evaluate.js'
import { type MeanNLL, RunningMean } from './mean-nll.js'

/** The paired mean of ln p_model − ln p_other over rows [rows, dim + contextDim]; above 0 where the model is better. */
export async function meanGain(
  model: Model,
  other: Model,
  source: RowSource,
  { threads, signal }: ParallelOptions,
  weights?: Float64Array,
): Promise<MeanNLL> {
  const { columns } = source
  const blockRows = Math.min(source.rows, parallelRowsOf(columns))
  const rooms = [model, other].map((each) => densityRoom(each, blockRows))
  const gain = new RunningMean()
  let first = 0
  for await (const data of source.blocks(blockRows)) {
    const rows = data.length / columns
    const [own, others] = rooms.map((room) => room.subarray(0, rows))
    await logProbTo(model, joined({ data, rows, columns }), own, { threads, signal })
    await logProbTo(other, joined({ data, rows, columns }), others, { threads, signal })
    gain.add(
      Float64Array.from(own, (value, i) => value - others[i]),
      weights?.subarray(first, first + rows),
    )
    first += rows
  }
  return gain.end()
}
