import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { checkOptions, echo, integer, number } from '../options.js'
import { cos } from '../random/elementary.js'

/** How the learning rate goes over a run, as a value: what it is multiplied by at each step. */
export type Schedule =
  | { readonly type: 'constant' }
  | { readonly type: 'cosine'; readonly final: number }
  | { readonly type: 'oneCycle'; readonly rise: number; readonly initial: number; readonly final: number }
  | { readonly type: 'stepDecay'; readonly every: number; readonly factor: number }
  | { readonly type: 'reduceOnPlateau'; readonly factor: number; readonly patience: number; readonly least: number }
  | { readonly type: 'warmUp'; readonly share: number; readonly schedule: Schedule }

const share = (words: string, least: (value: number) => boolean) => number(words, (value) => least(value) && value <= 1)
const aboveZero = share('a number in (0, 1]', (value) => value > 0)
const fromZero = share('a number in [0, 1]', (value) => value >= 0)
const belowOne = number('a number in (0, 1)', (value) => value > 0 && value < 1)

const SCHEMAS = {
  constant: v.strictObject({}),
  cosine: v.strictObject({ final: v.optional(fromZero, 0) }),
  oneCycle: v.strictObject({
    rise: v.optional(belowOne, 0.3),
    initial: v.optional(aboveZero, 0.04),
    final: v.optional(fromZero, 1e-4),
  }),
  stepDecay: v.strictObject({ every: v.optional(belowOne, 0.25), factor: v.optional(aboveZero, 0.5) }),
  reduceOnPlateau: v.strictObject({
    factor: v.optional(belowOne, 0.5),
    patience: v.optional(integer(1), 10),
    least: v.optional(fromZero, 1e-3),
  }),
}

/** The rate stays what it is. */
export const constant = (): Schedule => ({ type: 'constant' })

/**
 * Half a cosine from 1 to `final` (0): final + (1 − final)·½(1 + cos πt/T) at step t of T.
 * Source: Loshchilov & Hutter, SGDR, arXiv:1608.03983, (5), without restarts.
 */
export function cosine(options: { final?: number } = {}): Schedule {
  return { type: 'cosine', ...checkOptions('cosine', SCHEMAS.cosine, options) }
}

/**
 * Up from `initial` (0.04) to 1 during the first `rise` (0.3) of the run and down to `final` (1e-4) during the rest, by
 * half a cosine each. Source: Smith & Topin, Super-Convergence, arXiv:1708.07120.
 */
export function oneCycle(options: { rise?: number; initial?: number; final?: number } = {}): Schedule {
  return { type: 'oneCycle', ...checkOptions('oneCycle', SCHEMAS.oneCycle, options) }
}

/** Times `factor` (0.5) after each `every` (0.25) of the run. */
export function stepDecay(options: { every?: number; factor?: number } = {}): Schedule {
  return { type: 'stepDecay', ...checkOptions('stepDecay', SCHEMAS.stepDecay, options) }
}

/**
 * Times `factor` (0.5), down to `least` (1e-3), whenever the watched loss has not become better `patience` (10) times
 * running: of validations where there are any, else of steps.
 */
export function reduceOnPlateau(options: { factor?: number; patience?: number; least?: number } = {}): Schedule {
  return { type: 'reduceOnPlateau', ...checkOptions('reduceOnPlateau', SCHEMAS.reduceOnPlateau, options) }
}

/** Rises evenly to 1 during the first `share` (0.03) of the run; what is left of it goes by `after`. */
export function warmUp(after: Schedule = constant(), options: { share?: number } = {}): Schedule {
  const schema = v.strictObject({ share: v.optional(belowOne, 0.03) })
  return { type: 'warmUp', ...checkOptions('warmUp', schema, options), schedule: schedule(after) }
}

/** @throws UsageError where a value is no schedule. */
export function schedule(value: unknown): Schedule {
  const { type, ...options } = (typeof value === 'object' && value !== null ? value : {}) as Schedule
  if (type === 'warmUp') {
    const { schedule: after, ...rest } = options as { schedule?: Schedule; share?: number }
    return warmUp(after, rest)
  }
  if (!Object.hasOwn(SCHEMAS, type ?? '')) {
    throw new UsageError(
      `schedule is ${echo(value)}; expected the value of ${Object.keys(SCHEMAS).join('(), ')}() or warmUp(…).`,
    )
  }
  return { type, ...checkOptions(type, SCHEMAS[type] as typeof SCHEMAS.cosine, options) } as Schedule
}

/** From `from` to `to` by half a cosine, at `share` of the way. */
const halfCosine = (from: number, to: number, share: number): number =>
  to + ((from - to) * (1 + cos(Math.PI * share))) / 2

/** Follows a schedule; every rank does so on the same numbers and comes to the same rates. */
export class ScheduledRate {
  readonly #schedule: Schedule
  readonly #steps: number
  #plateau = 1
  #best = Number.POSITIVE_INFINITY
  #waited = 0

  constructor(schedule: Schedule, steps: number) {
    this.#schedule = schedule
    this.#steps = steps
  }

  /** What the learning rate is multiplied by at this step. */
  factor(step: number): number {
    return this.#factor(this.#schedule, step, this.#steps)
  }

  /** Tells of a watched loss. */
  observe(loss: number): void {
    const plateau = plateauOf(this.#schedule)
    if (!plateau) return
    if (loss < this.#best) {
      this.#best = loss
      this.#waited = 0
      return
    }
    if (++this.#waited < plateau.patience) return
    this.#waited = 0
    this.#plateau = Math.max(plateau.least, this.#plateau * plateau.factor)
  }

  #factor(schedule: Schedule, step: number, steps: number): number {
    switch (schedule.type) {
      case 'constant':
        return 1
      case 'cosine':
        return halfCosine(1, schedule.final, step / steps)
      case 'oneCycle': {
        const { rise, initial, final } = schedule
        const at = step / steps
        return at < rise ? halfCosine(initial, 1, at / rise) : halfCosine(1, final, (at - rise) / (1 - rise))
      }
      case 'stepDecay': {
        let factor = 1
        for (let k = Math.floor(step / (schedule.every * steps)); k > 0; k--) factor *= schedule.factor
        return factor
      }
      case 'reduceOnPlateau':
        return this.#plateau
      case 'warmUp': {
        const rising = Math.ceil(schedule.share * steps)
        return step < rising
          ? (step + 1) / (rising + 1)
          : this.#factor(schedule.schedule, step - rising, Math.max(1, steps - rising))
      }
    }
  }
}

function plateauOf(schedule: Schedule): Extract<Schedule, { type: 'reduceOnPlateau' }> | undefined {
  if (schedule.type === 'warmUp') return plateauOf(schedule.schedule)
  return schedule.type === 'reduceOnPlateau' ? schedule : undefined
}
