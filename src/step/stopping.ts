import { UsageError } from '../errors.js'
import { unknownOption } from '../options.js'

/** When training ends before its last step, and which parameters it leaves behind. */
export interface Stopping {
  /** Steps without a better loss before training stops; Infinity never stops. */
  readonly patience: number
  /** A loss counts as better when it is lower than the best by more than this (nats). */
  readonly minDelta: number
  /** Whether the parameters with the best loss are kept, or the last ones. */
  readonly restoreBestWeights: boolean
  /** Steps after which training stops, however many the schedule is for; default Infinity. */
  readonly after?: number
}

/** @throws UsageError where a value is outside its range or an option is unknown. */
export function stopping(options: Partial<Stopping> = {}): Stopping {
  const { patience = Number.POSITIVE_INFINITY, minDelta = 0, restoreBestWeights = true, after, ...unknown } = options
  const [key] = Object.keys(unknown)
  if (key !== undefined) {
    throw unknownOption('stopping', key, ['patience', 'minDelta', 'restoreBestWeights', 'after'])
  }
  if (typeof restoreBestWeights !== 'boolean') {
    throw new UsageError(`stopping.restoreBestWeights is ${restoreBestWeights}; expected true or false.`)
  }
  if (typeof patience !== 'number' || !(patience > 0))
    throw new UsageError(`stopping.patience is ${patience}; expected a number of steps > 0.`)
  if (typeof minDelta !== 'number' || !(minDelta >= 0))
    throw new UsageError(`stopping.minDelta is ${minDelta}; expected a number ≥ 0.`)
  if (after !== undefined && !(Number.isSafeInteger(after) && after >= 1))
    throw new UsageError(`stopping.after is ${after}; expected an integer ≥ 1.`)
  return { patience, minDelta, restoreBestWeights, ...(after !== undefined && { after }) }
}

/** Follows the watched loss; every rank does so on the same numbers and comes to the same decisions. */
export class BestSoFar {
  best = Number.POSITIVE_INFINITY
  bestStep = -1
  readonly #stopping: Stopping

  constructor(stopping: Stopping) {
    this.#stopping = stopping
  }

  /** Whether the loss at this step is the best so far; remembers it. */
  improves(step: number, loss: number): boolean {
    if (!(loss < this.best - this.#stopping.minDelta)) return false
    this.best = loss
    this.bestStep = step
    return true
  }

  /** Steps left before patience ends. */
  patienceLeft(step: number): number {
    return this.#stopping.patience - (step - Math.max(0, this.bestStep))
  }
}
