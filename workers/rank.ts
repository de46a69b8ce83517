// The pool's worker: every export is a task that one thread runs from beginning to end.
export { trainRank } from '#parallel/training-tasks.js'
export { sampleChunk, scoreChunk } from '#parallel/evaluation-tasks.js'
