// The pool's worker: every export is a task that one thread runs from beginning to end.

export { sampleChunks, scoreChunks } from '#parallel/evaluation-tasks.js'
export { trainRank } from '#parallel/training-tasks.js'
