import { chosenRows, type RowSource } from '../data/row-source.js'
import type { Rows } from '../data/rows.js'
import { TrainingError, UsageError } from '../errors.js'
import { type Ensemble, ensemble } from '../flow/ensemble.js'
import type { Flow } from '../flow/flow.js'
import type { Threads } from '../parallel/threads.js'
import { type FitResult, fit } from './fit.js'
import { type GivenRows, weightsIn, weightsOf, withContext } from './given-rows.js'
import { judge } from './judge.js'
import type { MeanNLL } from './mean-nll.js'
import { MemberCheckpoints } from './member-checkpoints.js'
import type { FitOptions, Progress } from './options.js'
import { eachOf, sideBySide } from './side-by-side.js'

/** What training several flows came to. */
export interface EnsembleFit {
  /** Of all members; after an abort of those that have taken a step, and undefined where none has. */
  readonly ensemble: Ensemble | undefined
  /** Of each member, in their order. */
  readonly results: readonly FitResult[]
  /** The mixture's mean −ln p of the rows held out, nats and the data's units; undefined without such rows. */
  readonly validationNll: MeanNLL | undefined
  readonly seconds: number
}

/** Members have seeds as far apart as this, so that none of them is one of another ensemble, whose seed is a few more. */
const SEED_STRIDE = 2 ** 40
const SEEDS = 2 ** 53

/** The seed of a member: of member 0 that of the ensemble. */
export function memberSeed(seed: number, member: number): number {
  return (seed + member * SEED_STRIDE) % SEEDS
}

/**
 * Trains flows of the same kind side by side, as `fit` each, and makes an ensemble of them. All have the same rows held out,
 * by the seed; in what else is random (shuffles, dropout, noise) each has a seed of its own, `memberSeed(seed, m)`. Let them
 * begin with other weights too: `flow(dim, layers, { seed })`.
 *
 * Each is trained by one thread, as many at a time as there are threads; only where those are more than members has each
 * several. The result does not depend on it. Every fit that runs holds a copy of the rows.
 *
 * A checkpoint holds the last one of each member, and is written whenever one of them has come further.
 *
 * `onProgress` sees steps of all members together and means of their losses.
 * @throws UsageError, DataError as `fit` and `ensemble`; TrainingError where a member diverges, with the others stopped.
 */
export async function fitEnsemble(
  members: readonly Flow[],
  rows: Rows | RowSource | GivenRows,
  options: FitOptions = {},
): Promise<EnsembleFit> {
  const mixture = ensemble(members)
  if (new Set(members).size < members.length) {
    throw new UsageError('A flow is a member twice: give flows of their own to train.')
  }
  const { seed = 0, splitSeed = seed, threads = 'auto', signal, onProgress } = options
  const started = performance.now()
  const source = withContext(mixture, rows, 'Training data')
  const weights = weightsOf(rows, source.rows, 'Training data')
  const failing = new AbortController()
  const either = signal ? AbortSignal.any([signal, failing.signal]) : failing.signal
  const plan = sideBySide(members.length, threads)
  const tally = onProgress && new Tally(members.length, onProgress)
  const shared = new MemberCheckpoints(members.length, options)
  const results = await eachOf(members.length, plan.atOnce, async (m) => {
    const own = { seed: memberSeed(seed, m), splitSeed, threads: plan.threads, signal: either }
    try {
      const result = await fit(members[m], weights ? { rows: source, weights } : source, {
        ...options,
        ...own,
        ...shared.of(m),
        onProgress: tally && ((progress) => tally.tell(m, progress)),
      })
      tally?.end(m)
      return result
    } catch (error) {
      failing.abort()
      throw ofMember(error, m, members.length)
    }
  })
  const trained = members.filter((_, m) => results[m].steps > 0)
  const made = trained.length === 0 ? undefined : trained.length === members.length ? mixture : ensemble(trained)
  const validationNll = made && (await heldOutNll(made, source, weights, results[0], threads))
  return { ensemble: made, results, validationNll, seconds: (performance.now() - started) / 1000 }
}

/** The mixture's mean −ln p of the rows that no member was trained on. */
async function heldOutNll(
  mixture: Ensemble,
  source: RowSource,
  weights: Float64Array | undefined,
  { split: { validation } }: FitResult,
  threads: Threads,
): Promise<MeanNLL | undefined> {
  if (validation.size === 0) return undefined
  const held = { rows: chosenRows(source, validation), weights: weightsIn(weights, validation) }
  return (await judge(mixture, held, NO_RIVALS, { threads })).nll
}

const NO_RIVALS = { gaussian: undefined, mixture: undefined, truth: undefined }

function ofMember(error: unknown, member: number, members: number): unknown {
  if (!(error instanceof TrainingError) || members === 1) return error
  const { message, step, losses } = error
  return new TrainingError(`Member ${member} (counted from 0): ${message}`, step, { losses, cause: error })
}

/** Puts the readings of several fits into one. */
class Tally {
  readonly #latest: (Progress | undefined)[]
  readonly #ended = new Set<number>()
  readonly #tell: (progress: Progress) => void

  constructor(members: number, tell: (progress: Progress) => void) {
    this.#latest = Array.from({ length: members })
    this.#tell = tell
  }

  tell(member: number, progress: Progress): void {
    this.#latest[member] = progress
    const begun = this.#latest.filter((latest) => latest !== undefined)
    const mean = (figure: (latest: Progress) => number) =>
      begun.reduce((sum, latest) => sum + figure(latest), 0) / begun.length
    const done = this.#latest.reduce(
      (sum, latest, m) => sum + (this.#ended.has(m) ? progress.steps : (latest?.step ?? 0)),
      0,
    )
    this.#tell({
      step: done,
      steps: progress.steps * this.#latest.length,
      loss: mean(({ loss }) => loss),
      best: mean(({ best }) => best),
      bestStep: Math.max(...begun.map(({ bestStep }) => bestStep)),
      patience: Math.max(...begun.map(({ patience }) => patience)),
      rowsPerSecond: this.#latest.reduce(
        (sum, latest, m) => sum + (this.#ended.has(m) ? 0 : (latest?.rowsPerSecond ?? 0)),
        0,
      ),
      recoveries: begun.flatMap(({ recoveries }) => recoveries),
    })
  }

  /** A member that ends early has done all of its steps. */
  end(member: number): void {
    this.#ended.add(member)
  }
}
