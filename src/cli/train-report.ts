import type { Evaluation } from '../train/figures.js'
import type { FitResult } from '../train/fit.js'
import type { Progress } from '../train/options.js'
import type { Recovery } from '../train/recoveries.js'
import { evaluationText, resultText } from './evaluation-text.js'
import { conditionText } from './given-columns.js'
import { outliveReader, say, sayLines, writeObject } from './output.js'
import { type ChoiceView, choiceView, progressView } from './progress.js'
import { memberRecord, type RunRecord } from './run-record.js'
import { lineWidth } from './wrap.js'

const JSON_MILLISECONDS = 1000

/** Tells how a run goes. */
export interface TrainReport {
  started(data: RunRecord['data'], parameters: number, folder: string): void
  /** How many steps there are already, where a run goes on. */
  resumed(steps: number): void
  progress(progress: Progress): void
  /** Ends the progress, however training ended. */
  stopped(): void
  /** Of an ensemble, what the mean of its members did, and each. */
  trained(result: FitResult, members?: readonly FitResult[]): Promise<void>
  evaluated(evaluation: Evaluation): void
  /** `page` is the path of the report, where there is one. */
  saved(folder: string, plots: readonly string[], page: string | undefined, interrupted: boolean): void
  /** Takes away whatever still tells what is being done, however the command ends. */
  ended(): void
}

/** To a person, with what is left of a budget until `deadline` (of performance.now), on stderr; to a program, as events on stdout, one JSON object a line. */
export async function trainReport(json: boolean, deadline: number | undefined): Promise<TrainReport> {
  return json ? eventReport() : personReport(deadline)
}

async function personReport(deadline: number | undefined): Promise<TrainReport> {
  const view = await progressView(process.stderr, { deadline })
  const newOnes = unseenRecoveries()
  let after: ChoiceView | undefined
  return {
    started: ({ name, rows, columns, given }, parameters) =>
      say(`Training on ${rows} rows of ${name} (${conditionText(columns, given)}), ${parameters} parameters.`),
    resumed: (steps) =>
      say(steps > 0 ? `Going on from step ${steps}.` : 'There is no checkpoint yet; training from the beginning.'),
    progress(progress) {
      for (const { step, from, learningRate } of newOnes(progress)) {
        view.end()
        say(
          `The loss at step ${step} is not finite: going back to step ${from}, and on with half the learning rate, ${learningRate}.`,
        )
      }
      view.update(progress)
    },
    stopped: view.end,
    async trained(result, members) {
      say(`${members && !result.untrained ? `${members.length} members, each ` : ''}${resultText(result)}`)
      after = await choiceView(process.stderr, undefined, { verb: '' })
      after.tell('evaluating the model')
    },
    evaluated(evaluation) {
      sayLines(evaluationText(evaluation, lineWidth([process.stderr])).split('\n'))
      after?.tell('drawing samples and pictures')
    },
    saved(folder, _, page, interrupted) {
      say(`Saved in ${folder}.`)
      if (interrupted) say(`To go on with it: pushforward train --resume ${folder}`)
      if (page !== undefined) say(`Report: ${page}`)
    },
    ended() {
      view.end()
      after?.end()
    },
  }
}

function eventReport(): TrainReport {
  let last = Number.NEGATIVE_INFINITY
  let step = 0
  const newOnes = unseenRecoveries()
  // A reader that leaves (`| head -1`) must not cost the run: what `once` then rejects with is of no interest.
  outliveReader()
  const event = (name: string, rest: object) => void writeObject({ event: name, ...rest }).catch(() => {})
  return {
    started: (data, parameters, folder) => event('started', { ...data, parameters, folder }),
    resumed: (steps) => event('resumed', { steps }),
    progress(progress) {
      for (const recovery of newOnes(progress)) event('recovered', recovery)
      const done = progress.step === progress.steps && step < progress.step
      if (performance.now() - last < JSON_MILLISECONDS && !done) return
      last = performance.now()
      step = progress.step
      // JSON has no infinity: patience that is off is null.
      event('progress', progress)
    },
    stopped: () => {},
    trained: async (
      { steps, bestStep, bestLoss, seconds, stopped, threads, kernels, untrained, recoveries },
      members,
    ) =>
      event('trained', {
        ...{ steps, bestStep, bestLoss, seconds, stopped, threads, kernels, untrained, recoveries },
        ...(members && { members: members.map(memberRecord) }),
      }),
    evaluated: (evaluation) => event('evaluated', evaluation),
    saved: (folder, plots, report) => event('saved', { folder, plots, report }),
    ended: () => {},
  }
}

/** Finds in a reading what earlier ones have not had. */
function unseenRecoveries(): (progress: Progress) => readonly Recovery[] {
  const seen = new Set<Recovery>()
  return ({ recoveries }) => {
    const unseen = recoveries.filter((recovery) => !seen.has(recovery))
    for (const recovery of unseen) seen.add(recovery)
    return unseen
  }
}
