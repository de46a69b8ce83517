/** Lines of each kind, at most: some 70 bytes each, so that no run writes more than 2 MB. */
const MOST_LINES = 10_000

/** Losses by step, as `FitResult` holds them. */
export interface Losses {
  readonly losses: ArrayLike<number>
  readonly validationLosses: ArrayLike<number>
  readonly validationEvery: number
}

/**
 * metrics.jsonl: one object a line with `step`, `loss` and, where rows are held out, `validation` (nats, standardised
 * units). The steps are the multiples of 1, 2 or 5 times a power of ten that the length of the run decides, validations
 * likewise, and the last one. Of an ensemble the lines of one member after those of another, each with its number, from 0,
 * in front as `member`.
 */
export function metricsText(losses: Losses, members?: readonly Losses[]): string {
  return members ? members.map((own, member) => linesOf(own, { member })).join('') : linesOf(losses, {})
}

function linesOf({ losses, validationLosses, validationEvery }: Losses, front: { readonly member?: number }): string {
  const stride = strideOf(losses.length)
  const validationStride = validationEvery * strideOf(validationLosses.length)
  const lines: string[] = []
  for (let step = 0; step < losses.length; step++) {
    const validated = validationLosses.length > 0 && step % validationStride === 0
    if (!validated && step % stride !== 0 && step !== losses.length - 1) continue
    const validation = validated ? { validation: validationLosses[step / validationEvery] } : {}
    lines.push(JSON.stringify({ ...front, step, loss: losses[step], ...validation }))
  }
  return lines.map((line) => `${line}\n`).join('')
}

/** The least of 1, 2, 5, 10, 20, … that leaves no more than MOST_LINES of `count`. */
function strideOf(count: number): number {
  for (let decade = 1; ; decade *= 10) {
    for (const digit of [1, 2, 5]) if (count <= digit * decade * MOST_LINES) return digit * decade
  }
}
