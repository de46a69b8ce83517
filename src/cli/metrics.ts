/** Lines of each kind, at most: some 70 bytes each, so that no run writes more than 2 MB. */
const MOST_LINES = 10_000

/** Losses by step, as `FitResult` holds them. */
export interface Losses {
  readonly losses: ArrayLike<number>
  readonly validationLosses: ArrayLike<number>
  readonly validationEvery: number
}

/** Of a run on its way, the steps from one on. */
export interface Stretch extends Losses {
  readonly from: number
  /** Steps of the whole run, which decide what has a line. */
  readonly planned: number
}

/**
 * metrics.jsonl: one object a line with `step`, `loss` and, where rows are held out, `validation` (nats, standardised
 * units). The steps are the multiples of 1, 2 or 5 times a power of ten that the length of the run decides, validations
 * likewise, and the last one. Of an ensemble the lines of one member after those of another, each with its number, from 0,
 * in front as `member`.
 */
export function metricsText(losses: Losses, members?: readonly Losses[]): string {
  return members ? members.map((own, member) => allLines(own, { member })).join('') : allLines(losses, {})
}

/** The lines of a stretch, those that the whole run would have of it, of an ensemble with the number of the member. */
export function stretchText(
  { losses, validationLosses, validationEvery, from, planned }: Stretch,
  member: number | undefined,
): string {
  const validated = validationLosses.length > 0 ? Math.ceil(planned / validationEvery) : 0
  const strides = { stride: strideOf(planned), validationStride: validationEvery * strideOf(validated) }
  const front = member === undefined ? {} : { member }
  return lines({ losses, validationLosses, validationEvery }, front, { ...strides, from, last: planned - 1 })
}

interface Front {
  readonly member?: number
}

function allLines(losses: Losses, front: Front): string {
  const stride = strideOf(losses.losses.length)
  const validationStride = losses.validationEvery * strideOf(losses.validationLosses.length)
  return lines(losses, front, { stride, validationStride, from: 0, last: losses.losses.length - 1 })
}

function lines(
  { losses, validationLosses, validationEvery }: Losses,
  front: Front,
  { stride, validationStride, from, last }: Record<'stride' | 'validationStride' | 'from' | 'last', number>,
): string {
  const text: string[] = []
  for (let step = from; step < losses.length; step++) {
    const validated = validationLosses.length > 0 && step % validationStride === 0
    if (!validated && step % stride !== 0 && step !== last) continue
    const validation = validated ? { validation: validationLosses[step / validationEvery] } : {}
    text.push(`${JSON.stringify({ ...front, step, loss: losses[step], ...validation })}\n`)
  }
  return text.join('')
}

/** The least of 1, 2, 5, 10, 20, … that leaves no more than MOST_LINES of `count`. */
function strideOf(count: number): number {
  for (let decade = 1; ; decade *= 10) {
    for (const digit of [1, 2, 5]) if (count <= digit * decade * MOST_LINES) return digit * decade
  }
}
