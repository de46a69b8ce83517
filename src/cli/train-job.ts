import type { RowSet } from '../data/row-set.js'
import type { RowSource } from '../data/row-source.js'
import type { Model } from '../flow/ensemble.js'
import type { Trials } from '../train/trials.js'
import type { TrainingRows } from './generated-rows.js'
import type { RunFolder } from './run-folder.js'
import type { RunRecord } from './run-record.js'
import type { TrainOptions } from './train-options.js'
import type { TrainReport } from './train-report.js'

/** A run on its way. */
export interface Job {
  readonly options: TrainOptions
  readonly data: TrainingRows
  /** Names of the columns of all rows that follow, the given ones last. */
  readonly columns: readonly string[]
  /** What `fit` gets, and what is kept from it. */
  readonly rows: RowSource
  readonly test: RowSource | undefined
  /** Which rows of the data these are, where there is a test. */
  readonly numbers: { readonly rows: RowSet; readonly test: RowSet } | undefined
  /** How much each of them counts. */
  readonly weights: { readonly rows: Float64Array | undefined; readonly test: Float64Array | undefined } | undefined
  /** What the flow was chosen by, where the rows chose it. */
  readonly trials: Trials | undefined
  /** After training that was interrupted, of an ensemble the members that were trained. */
  model: Model
  readonly folder: RunFolder
  /** What it goes on from. */
  readonly checkpoint: Uint8Array | undefined
  readonly report: TrainReport
  record: RunRecord
}
