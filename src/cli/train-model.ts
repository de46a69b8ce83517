import { join } from 'node:path'
import type { TableCodec } from '../columns/kinds.js'
import { asError } from '../errors.js'
import { ensemble, type Model, membersOf } from '../flow/ensemble.js'
import { Flow, flow } from '../flow/flow.js'
import { type FitResult, fit } from '../train/fit.js'
import { fitEnsemble, memberSeed } from '../train/fit-ensemble.js'
import { meanResult } from '../train/mean-result.js'
import { isStill } from '../train/options.js'
import type { Architecture } from './architecture.js'
import { MetricsFile } from './metrics-file.js'
import { warn } from './output.js'
import type { Job } from './train-job.js'
import type { TrainOptions } from './train-options.js'
import { TRAINED_FILES } from './train-outcome.js'

/** What training did: of an ensemble its members, and their mean as if that were one flow's. */
export interface Trained {
  readonly result: FitResult
  readonly members?: readonly FitResult[]
}

/** An untrained flow, or as many as --ensemble or --starts says, alike but for their seeds. */
export function buildModel(
  dim: number,
  columns: readonly string[],
  { layers, base, embedding }: Omit<Architecture, 'standardise'>,
  { seed, fit: { kernels }, ensemble: averaged, starts }: TrainOptions,
  table: TableCodec | undefined,
): Model {
  const count = Math.max(averaged, starts)
  const members = Array.from({ length: count }, (_, m) => {
    const context = columns.length - dim
    const member = flow(dim, layers, { base, embedding, kernels, context, seed: memberSeed(seed, m) })
    member.data = { columns, sha256: undefined, ...(table && { table }) }
    return member
  })
  return count === 1 ? members[0] : ensemble(members)
}

/** Checkpoints into the folder, and losses beside them; where one cannot be written, training goes on, and the next one is tried. */
async function checkpointing({ folder: { path, checkpoints }, options, report, checkpoint }: Job) {
  const metrics = new MetricsFile(join(path, TRAINED_FILES.metrics))
  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      report.stopped()
      warn(`A checkpoint cannot be written in ${path}: ${asError(cause).message}; training goes on.`)
    }
  }
  async function write(bytes: Uint8Array): Promise<void> {
    await checkpoints.write(bytes)
    await metrics.follow(bytes)
  }
  // Losses that came after the checkpoint are those of steps that are to be taken.
  if (checkpoint) await attempt(() => metrics.follow(checkpoint))
  return { every: options.checkpoint as number | undefined, write: (bytes: Uint8Array) => attempt(() => write(bytes)) }
}

/** Trains the model of a job; one that is interrupted is left with the members that were trained. */
export async function trainModel(job: Job, signal: AbortSignal): Promise<Trained> {
  const { model, weights, options, report } = job
  const rows = { rows: job.rows, weights: weights?.rows }
  const still = isStill(options.fit)
  const onProgress = still ? undefined : report.progress
  const checkpoint = still || options.checkpoint === 'off' ? undefined : await checkpointing(job)
  const how = { ...options.fit, signal, onProgress, checkpoint, resume: job.checkpoint }
  try {
    if (model instanceof Flow) return { result: await fit(model, rows, how) }
    const trained = await fitEnsemble(membersOf(model), rows, how)
    job.model = trained.ensemble ?? model
    return { result: meanResult(trained.results, trained.seconds, how.threads ?? 'auto'), members: trained.results }
  } finally {
    report.stopped()
  }
}
