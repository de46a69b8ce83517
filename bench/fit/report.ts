import { median, table } from '../machine.js'
import type { FitContestant } from './contestants.js'
import { meanOf, type Outcome, type Outcomes } from './race.js'
import type { FitSet } from './sets.js'

export interface SetOutcomes {
  readonly set: FitSet
  readonly outcomes: Outcomes
}

/** How much longer than its seconds a fit may take before that is said of it: steps and validations have to end. */
const LONGER = 1.1

/** A budget's table: sets by contestants, and below them the longest fit of each. */
export function fitTable(
  contestants: readonly FitContestant[],
  results: readonly SetOutcomes[],
  budget: number,
): string {
  const titles = contestants.map(({ title }) => title)
  const rows = results.map(({ set, outcomes }) => {
    const ours = outcomes.get(contestants.find(({ id }) => id === 'ours') as FitContestant)
    const each = contestants.map((contestant) => outcomes.get(contestant) ?? [])
    return [set.title, ...each.map((outcomes) => `${cell(set, outcomes, ours)}${longerText(outcomes, budget)}`)]
  })
  const longest = contestants.map((contestant) => {
    const all = results.flatMap(({ outcomes }) => outcomes.get(contestant) ?? [])
    const seconds = all.map(({ seconds }) => seconds).filter(Number.isFinite)
    return seconds.length > 0 ? Math.max(...seconds).toFixed(1) : '–'
  })
  return table([['', ...titles], ...rows, ['seconds, at most', ...longest]])
}

/** The median of the seeds; of a table, in brackets, how much more than ours. */
function cell({ known }: FitSet, outcomes: readonly Outcome[], ours: readonly Outcome[] | undefined): string {
  const failed = outcomes.filter(({ losses }) => !losses).length
  if (failed > 0) return outcomes.length === 1 ? 'failed' : `${failed} of ${outcomes.length} failed`
  if (!outcomes.every(({ finite }) => finite)) return 'not finite'
  const figure = median(outcomes.map(({ losses }) => meanOf(losses as Float64Array))).toFixed(known ? 4 : 3)
  if (known || !ours || ours === outcomes || !ours.every(({ finite }) => finite)) return figure
  const pairs = outcomes.map(({ losses }, seed) => paired(losses as Float64Array, ours[seed].losses as Float64Array))
  const difference = median(pairs.map(({ mean }) => mean))
  const error = median(pairs.map(({ error }) => error))
  return `${figure} (${difference < 0 ? '−' : '+'}${Math.abs(difference).toFixed(3)} ± ${error.toFixed(3)})`
}

/** The longest fit, where it took too long for the figure to count as one of that budget. */
function longerText(outcomes: readonly Outcome[], budget: number): string {
  const longest = Math.max(...outcomes.map(({ seconds }) => seconds))
  return longest > LONGER * budget ? ` in ${longest.toFixed(1)} s` : ''
}

/** Mean of the differences of two losses of the same rows, and its standard error. */
function paired(theirs: Float64Array, ours: Float64Array): { mean: number; error: number } {
  const differences = theirs.map((loss, i) => loss - ours[i])
  const mean = meanOf(differences)
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, theirs.length - 1)
  return { mean, error: Math.sqrt(variance / theirs.length) }
}
