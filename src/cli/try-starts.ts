import { membersOf } from '../flow/ensemble.js'
import { bestStart, START_SHARE } from '../train/best-start.js'
import { memberSeed } from '../train/fit-ensemble.js'
import type { Part } from '../train/given-rows.js'
import { budgetOf, type Settled } from './choose-flow.js'
import { choosing } from './choosing.js'
import { say } from './output.js'
import type { StartsRecord } from './run-record.js'

type Start = Settled & { readonly starts: StartsRecord }

/** The one that was found the best before. */
export function takeStart({ options, model, ...rest }: Settled, starts: StartsRecord): Start {
  const { fit, seed } = options
  const best = { ...fit, seed: memberSeed(seed, starts.best), splitSeed: fit.splitSeed ?? seed }
  return { ...rest, model: membersOf(model)[starts.best], options: { ...options, fit: best }, starts }
}

/** Of as many first weights as --starts says the best, with what each came to. */
export async function tryStarts({ rows, weights }: Part, candidates: Settled): Promise<Start> {
  const { options, model } = candidates
  const flows = membersOf(model)
  say(`Trying ${flows.length} starts, each for the first ${100 * START_SHARE} % of ${options.fit.steps} steps.`)
  const { flow, index, losses, fit } = await choosing(`${flows.length} starts`, budgetOf(options), () =>
    bestStart(flows, weights ? { rows, weights } : rows, options.fit),
  )
  const seeds = flows.map((_, m) => memberSeed(options.seed, m))
  const each = losses.map((loss) => loss.toFixed(3)).join(', ')
  say(`  tried, −ln p of the rows held out: ${each}; so the one of seed ${seeds[index]}.`)
  return { ...candidates, model: flow, options: { ...options, fit }, starts: { seeds, nll: losses, best: index } }
}
