import type { Threads } from '../parallel/threads.js'
import type { FitResult } from './fit.js'
import { sideBySide } from './side-by-side.js'

/**
 * What several fits to the same rows did, as if it were one: every loss is the mean over those that were still training, the
 * best one is that of these means. Members of an ensemble have the same steps ahead and the same rows held out.
 */
export function meanResult(results: readonly FitResult[], seconds: number, threads: Threads): FitResult {
  const trained = results.filter(({ steps }) => steps > 0)
  const [first] = trained.length > 0 ? trained : results
  const longest = trained.reduce((most, result) => (result.steps > most.steps ? result : most), first)
  const losses = meanOf(trained.map(({ losses }) => losses))
  const validationLosses = meanOf(trained.map(({ validationLosses }) => validationLosses))
  const [watched, every] = validationLosses.length > 0 ? [validationLosses, first.validationEvery] : [losses, 1]
  const best = watched.reduce((best, loss, i) => (loss < watched[best] ? i : best), 0)
  const judged = trained.some(({ bestStep }) => bestStep >= 0)
  const plan = sideBySide(results.length, threads)
  return {
    ...longest,
    losses,
    validationLosses,
    bestStep: judged ? best * every : -1,
    bestLoss: judged ? watched[best] : Number.NaN,
    stopped: results.some(({ stopped }) => stopped === 'aborted') ? 'aborted' : longest.stopped,
    recoveries: results.flatMap(({ recoveries }) => recoveries),
    seconds,
    threads: plan.atOnce * plan.threads,
    logScale: meanOver(trained, ({ logScale }) => logScale),
    validationLogScale: meanOver(trained, ({ validationLogScale }) => validationLogScale),
  }
}

const meanOver = (results: readonly FitResult[], figure: (result: FitResult) => number): number =>
  results.reduce((sum, result) => sum + figure(result) / results.length, 0)

function meanOf(curves: readonly Float64Array[]): Float64Array {
  return Float64Array.from({ length: Math.max(0, ...curves.map(({ length }) => length)) }, (_, i) => {
    const there = curves.filter(({ length }) => length > i)
    return there.reduce((sum, curve) => sum + curve[i], 0) / there.length
  })
}
