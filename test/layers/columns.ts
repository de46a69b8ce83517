// Columns to Gaussianise, and flows that have settled on them.
import { type Flow, fit } from 'pushforward'
import { namedSlots } from '#flow/structure.js'
import { slotLength } from '#nets/parameters.js'
import { type RandomStream, randomStream } from '#random/stream.js'

const { exp, log, sqrt } = Math

/** A purpose of these tests' own. */
const PURPOSE = 97

export const normal = (s: RandomStream) => s.normal()
export const bimodal = (s: RandomStream) => (s.uniform() < 0.3 ? -2 : 2) + 0.5 * s.normal()
export const lognormal = (s: RandomStream) => exp(s.normal())
const studentT3 = (s: RandomStream) => s.normal() / sqrt((s.normal() ** 2 + s.normal() ** 2 + s.normal() ** 2) / 3)
const skewed = (s: RandomStream) => -log(1 - s.uniform()) - log(1 - s.uniform())
const uniform = (s: RandomStream) => s.uniform()

export const DRAWS = { normal, skewed, bimodal, uniform, lognormal, studentT3 }

export function column(draw: (s: RandomStream) => number, rows: number, seed = 1): Float64Array {
  const stream = randomStream(seed, PURPOSE, rows)
  return Float64Array.from({ length: rows }, () => draw(stream))
}

/** Row-major rows of columns of one length. */
export const rowsOf = (...columns: readonly Float64Array[]): Float64Array =>
  Float64Array.from(
    { length: columns.length * columns[0].length },
    (_, i) => columns[i % columns.length][Math.floor(i / columns.length)],
  )

/** The flow after one step on the rows: what layers settle on is theirs. */
export async function settled(model: Flow, rows: Float64Array): Promise<Flow> {
  await fit(model, rows, { steps: 1, threads: 0 })
  return model
}

/** The numbers of a layer's state, by name. */
export function stateOf({ structure, numbers }: Flow): Record<string, number[]> {
  let at = 0
  const entries = namedSlots(structure).map((slot) => {
    const first = at
    at += slotLength(slot)
    return [slot.name.replace('layers.0.', ''), [...numbers.subarray(first, at)]]
  })
  return Object.fromEntries(entries)
}

export function moments(values: Iterable<number>) {
  const all = [...values]
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length
  return { mean, sd: sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length) }
}
