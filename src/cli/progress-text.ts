import type { Progress } from '../train/options.js'

const DIGITS = 4
const BLOCKS = '▁▂▃▄▅▆▇█'
const BAR = { done: '━', left: '─', least: 8, most: 30 }
const SPARKS = { least: 8, most: 24 }

/** A reading, and how long the run has taken. */
export interface Reading extends Progress {
  readonly seconds: number
  /** Seconds, where there is a budget. */
  readonly budgetLeft?: number
}

/**
 * How far training is, as one line of at most `width` characters: the more room, the more is told. How the loss went comes
 * before all but the step and the loss.
 */
export function progressText(
  reading: Reading,
  width = Number.POSITIVE_INFINITY,
  losses: readonly number[] = [],
): string {
  const { step, steps, loss, best, patience, budgetLeft } = reading
  const rate = `${short(reading.rowsPerSecond)} rows/s`
  const left = `${timeText(timeLeft(reading))} left`
  const parts = [
    `step ${step}/${steps}`,
    `loss ${loss.toFixed(DIGITS)}`,
    `best ${best.toFixed(DIGITS)}`,
    ...(patience === Number.POSITIVE_INFINITY ? [] : [`patience ${patience}`]),
    ...(budgetLeft === undefined ? [rate, left] : [`${left}, ${timeText(budgetLeft)} of budget`, rate]),
  ]
  const [first, second, ...others] = parts
  let text = first
  const sparks = losses.length > 1 && `${first}  ${second}`.length + 2 + SPARKS.least <= width ? SPARKS.least + 2 : 0
  for (const part of [second, ...others]) {
    if (text.length + 2 + part.length + sparks > width) break
    text += `  ${part}`
  }
  if (width === Number.POSITIVE_INFINITY) return text
  const room = Math.min(SPARKS.most, width - text.length - 2)
  if (room >= SPARKS.least && losses.length > 1) text += `  ${sparkline(losses, room)}`
  const rest = Math.min(BAR.most, width - text.length - 2)
  if (rest >= BAR.least) text = `${bar(step / steps, rest)}  ${text}`
  return text.slice(0, Math.max(0, width))
}

/** Seconds until all steps are done, at the pace so far. */
function timeLeft({ step, steps, seconds }: Reading): number {
  return (seconds * (steps - step)) / step
}

/** What is tried before training, and for how long by now. */
export function choiceText(what: string, seconds: number, budget: number | undefined, verb = 'trying'): string {
  const doing = `${verb} ${what}`.trimStart()
  return `${doing}  ${timeText(seconds)}${budget === undefined ? '' : ` of ${timeText(budget)}`}`
}

/** 0:07, 12:30, 3:02:10. */
export function timeText(seconds: number): string {
  const whole = Math.round(seconds)
  const two = (n: number) => String(n).padStart(2, '0')
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** 950, 12.3k, 4.5M: three figures. */
function short(value: number): string {
  const [scaled, unit] = value >= 1e9 ? [value / 1e9, 'G'] : value >= 1e6 ? [value / 1e6, 'M'] : [value / 1e3, 'k']
  if (value < 1000) return String(Math.round(value))
  return `${scaled.toFixed(scaled < 10 ? 2 : scaled < 100 ? 1 : 0)}${unit}`
}

function bar(share: number, width: number): string {
  const done = Math.round(Math.min(1, share) * width)
  return BAR.done.repeat(done) + BAR.left.repeat(width - done)
}

/** The values as blocks, left to right, lowest to highest; each block is the mean of its stretch. */
export function sparkline(values: readonly number[], width: number): string {
  const count = Math.min(width, values.length)
  const means = Array.from({ length: count }, (_, i) => {
    const stretch = values.slice(Math.floor((i * values.length) / count), Math.floor(((i + 1) * values.length) / count))
    return stretch.reduce((sum, value) => sum + value, 0) / stretch.length
  })
  const low = Math.min(...means)
  const range = Math.max(...means) - low
  const block = (value: number) => (range > 0 ? Math.round(((value - low) / range) * (BLOCKS.length - 1)) : 0)
  return means.map((value) => BLOCKS[block(value)] ?? ' ').join('')
}
