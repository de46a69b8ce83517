import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { checkOptions, echo, integer } from '../options.js'

/** Batches that double from `from` rows to `to`, as a value. */
export interface Growing {
  readonly type: 'growing'
  readonly from: number
  readonly to: number
}

const schema = v.strictObject({ from: integer(1), to: integer(1) })

/**
 * Batches of `from` rows at first, doubled at even intervals of the run until they have `to` rows: less noise towards the
 * end, as a lower learning rate would bring. Source: Smith et al., arXiv:1711.00489.
 * @throws UsageError where an option is missing, unknown or no integer ≥ 1.
 */
export function growing(options: { from: number; to: number }): Growing {
  const { from, to } = checkOptions('growing', schema, options)
  if (to < from) throw new UsageError(`growing's to is ${to}; expected no fewer rows than from, ${from}.`)
  return { type: 'growing', from, to }
}

/** @throws UsageError where a value is no growing batch. */
export function growingOf(value: unknown): Growing {
  const { type, ...options } = { ...(value as Growing) }
  if (type !== 'growing') throw new UsageError(`batch is ${echo(value)}; expected the value of growing({ from, to }).`)
  return growing(options)
}

/** Steps of equal batches. */
export interface Phase {
  readonly firstStep: number
  readonly batchRows: number
  /** Number of its first epoch, counted through all phases. */
  readonly firstEpoch: number
}

/** The phases of a run of `steps` steps over `rows` rows; a phase begins with an epoch of its own. */
export function batchPhases(batch: number | Growing, rows: number, steps: number): Phase[] {
  if (typeof batch === 'number') return [{ firstStep: 0, batchRows: batch, firstEpoch: 0 }]
  const sizes: number[] = []
  for (let size = batch.from; size < batch.to; size *= 2) sizes.push(size)
  sizes.push(batch.to)
  const phases: Phase[] = []
  let firstEpoch = 0
  for (const [i, batchRows] of sizes.entries()) {
    const [firstStep, end] = [Math.floor((i * steps) / sizes.length), Math.floor(((i + 1) * steps) / sizes.length)]
    if (end === firstStep) continue
    phases.push({ firstStep, batchRows, firstEpoch })
    firstEpoch += Math.ceil((end - firstStep) / Math.floor(rows / batchRows))
  }
  return phases
}

/** Which part of which epoch a step takes. */
export interface Batch {
  readonly rows: number
  /** Of its first row, within the epoch's order. */
  readonly start: number
  readonly epoch: number
}

/** The batch of a step of the phase, of `rows` rows in all. */
export function batchOf({ firstStep, batchRows, firstEpoch }: Phase, rows: number, step: number): Batch {
  const stepsPerEpoch = Math.floor(rows / batchRows)
  const since = step - firstStep
  return {
    rows: batchRows,
    start: (since % stepsPerEpoch) * batchRows,
    epoch: firstEpoch + Math.floor(since / stepsPerEpoch),
  }
}

/** Rows that the first `steps` steps have taken. */
export function rowsOf(phases: readonly Phase[], steps: number): number {
  return phases.reduce((sum, { firstStep, batchRows }, i) => {
    const end = Math.min(steps, phases[i + 1]?.firstStep ?? steps)
    return sum + Math.max(0, end - firstStep) * batchRows
  }, 0)
}
