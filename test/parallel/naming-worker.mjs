// A thread that says which one it is, once all that work beside it have begun.
import { threadId } from 'node:worker_threads'
import { SharedCommunicator } from '#parallel/shared-communicator.js'
import { begin } from '#parallel/start.js'

export const name = begin(({ control, rank, size }) => {
  new SharedCommunicator(control, rank, size, false).barrier()
  return threadId
})
