// The pool's worker: every export is a task that one thread runs from beginning to end.
import * as evaluation from '#parallel/evaluation-tasks.js'
import { begin } from '#parallel/start.js'
import * as training from '#parallel/training-tasks.js'

export const sampleChunks = begin(evaluation.sampleChunks)
export const scoreChunks = begin(evaluation.scoreChunks)
export const trainRank = begin(training.trainRank)
