import { cpus } from 'node:os'
import { cores } from '../parallel/cores.js'
import type { FitResult } from '../train/fit.js'
import type { Recovery } from '../train/recoveries.js'
import type { Trials } from '../train/trials.js'
import type { From } from './from-model.js'
import { packageVersion } from './package-version.js'

/** What run.json tells of a run beyond its configuration: where it ran, on which data, and how it went. */
export interface RunRecord {
  /** 'killed' is what a reader makes of a run that says 'running' and has no process. */
  readonly status: 'running' | 'finished' | 'interrupted' | 'failed' | 'killed'
  readonly error?: string
  readonly started: string
  readonly ended?: string
  /** When it was gone on with, each time. */
  readonly resumed?: readonly string[]
  readonly versions: { readonly pushforward: string; readonly node: string; readonly v8: string }
  readonly machine: { readonly platform: string; readonly cpu: string; readonly cores: number }
  readonly seed: number
  readonly data: {
    readonly name: string
    readonly rows: number
    /** Those that the others are given come last. */
    readonly columns: readonly string[]
    readonly given?: readonly string[]
    readonly sha256: string
    /** Of a table's values, where these are not the rows as they stand. */
    readonly valuesSha256?: string
  }
  /** The model that was trained on. */
  readonly from?: Required<From>
  /** Of several starts. */
  readonly starts?: StartsRecord
  /** What its flow was chosen by. */
  readonly trials?: Trials
  /** Known once training has ended. */
  readonly training?: Pick<
    FitResult,
    'steps' | 'bestStep' | 'stopped' | 'seconds' | 'threads' | 'kernels' | 'untrained'
  > & {
    /** Where it went back from a loss that was not finite, if it did. */
    readonly recoveries?: readonly Recovery[]
    /** Of an ensemble, each of its flows; above is then what their mean loss did. */
    readonly members?: readonly MemberRecord[]
  }
}

export interface StartsRecord {
  readonly seeds: readonly number[]
  /** What each came to on the rows held out, nats and the data's units; null where it diverged. */
  readonly nll: readonly number[]
  /** The one that was trained. */
  readonly best: number
}

type MemberRecord = Pick<FitResult, 'steps' | 'bestStep' | 'bestLoss' | 'stopped' | 'seconds'> & {
  readonly recoveries?: readonly Recovery[]
}

export function memberRecord({ steps, bestStep, bestLoss, stopped, seconds, recoveries }: FitResult): MemberRecord {
  return { steps, bestStep, bestLoss, stopped, seconds, ...(recoveries.length > 0 && { recoveries }) }
}

/** The record of a run that starts now. */
export function startedRun({
  seed,
  data,
  from,
  starts,
  trials,
}: Pick<RunRecord, 'seed' | 'data' | 'from' | 'starts' | 'trials'>): RunRecord {
  const { node, v8 } = process.versions
  return {
    status: 'running',
    started: new Date().toISOString(),
    versions: { pushforward: packageVersion(), node, v8 },
    machine: { platform: `${process.platform} ${process.arch}`, cpu: cpus()[0]?.model ?? 'unknown', cores: cores() },
    seed,
    data,
    ...(from && { from }),
    ...(starts && { starts }),
    ...(trials && { trials }),
  }
}

/** The same with what training did. */
export function trainedRun(record: RunRecord, result: FitResult, members?: readonly FitResult[]): RunRecord {
  const { steps, bestStep, stopped, seconds, threads, kernels, untrained, recoveries } = result
  return {
    ...record,
    training: {
      ...{ steps, bestStep, stopped, seconds, threads, kernels, untrained },
      ...(recoveries.length > 0 && { recoveries }),
      members: members?.map(memberRecord),
    },
  }
}

/** The same at its end. */
export function endedRun(record: RunRecord, status: RunRecord['status'], error?: string): RunRecord {
  return { ...record, status, ...(error !== undefined && { error }), ended: new Date().toISOString() }
}
