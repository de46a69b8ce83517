// Ranks that fail, each in its own way, beside ranks that wait for them.
import { SharedCommunicator } from '#parallel/shared-communicator.js'

function join({ control, rank, size }) {
  return new SharedCommunicator(control, rank, size, false)
}

export function throwing(task) {
  const communicator = join(task)
  communicator.barrier()
  if (task.rank === 1) throw new Error('rank 1 has had enough')
  try {
    communicator.barrier()
  } catch {
    return 'left'
  }
}

export function exiting(task) {
  const communicator = join(task)
  communicator.barrier()
  if (task.rank === 1) process.exit(3)
  try {
    communicator.barrier()
  } catch {
    return 'left'
  }
}

/** Waits where no abort is looked at: only ending the thread helps. */
export function deaf(task) {
  join(task)
  if (task.rank === 1) throw new Error('rank 1 has had enough')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
