import type { FitContestant, Fitted, Job } from './contestants.js'
import type { FitOptions } from './options.js'
import type { FitSet } from './sets.js'

/** What a fit came to, row by row of the test. */
export interface Outcome {
  readonly seconds: number
  /** −ln p_model, standardised units; with a known truth + ln p_true. undefined where the fit failed. */
  readonly losses: Float64Array | undefined
  /** Whether there are losses and all of them are numbers. */
  readonly finite: boolean
}

/** Outcomes of every seed by contestant. */
export type Outcomes = ReadonlyMap<FitContestant, readonly Outcome[]>

/**
 * Fits a set with every seed by every contestant in turn; whose turn is first changes with the seed, so that what
 * slows the machine for a while slows now the one and now the other. Says of each fit what came of it, on stderr.
 */
export async function raceFits(
  set: FitSet,
  seconds: number,
  { contestants, seeds, threads }: FitOptions,
  folder: string,
): Promise<Outcomes> {
  const outcomes = new Map<FitContestant, Outcome[]>(contestants.map((contestant) => [contestant, []]))
  for (let seed = 0; seed < seeds; seed++) {
    const job: Job = { cut: set.cut(seed), columns: set.columns, seed, seconds, threads, folder }
    const first = seed % contestants.length
    for (const contestant of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      const outcome = await outcomeOf(`${set.title}, ${seconds} s, seed ${seed}: ${contestant.title}`, contestant, job)
      outcomes.get(contestant)?.push(outcome)
    }
  }
  return outcomes
}

/** A fit that fails is said to have failed, and costs the others nothing. */
async function outcomeOf(label: string, contestant: FitContestant, job: Job): Promise<Outcome> {
  try {
    const fitted = await contestant.run(job)
    const outcome = judged(fitted, job)
    console.error(`${label} ${meanText(outcome)} in ${fitted.seconds.toFixed(1)} s (${fitted.note})`)
    return outcome
  } catch (error) {
    console.error(`${label} failed: ${(error as Error).message}`)
    return { seconds: Number.NaN, losses: undefined, finite: false }
  }
}

function judged({ seconds, logProb }: Fitted, { cut: { test, truth }, columns }: Job): Outcome {
  const rows = test.length / columns
  if (logProb.length !== rows) throw new Error(`${logProb.length} log-densities came back of ${rows} rows.`)
  const losses = logProb.map((value, i) => (truth ? truth[i] - value : -value))
  return { seconds, losses, finite: losses.every(Number.isFinite) }
}

function meanText({ losses, finite }: Outcome): string {
  if (!losses) return 'has nothing'
  const wrong = losses.filter((loss) => !Number.isFinite(loss)).length
  return finite ? meanOf(losses).toFixed(4) : `gives ${wrong} of ${losses.length} test rows no finite log-density`
}

export const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length
