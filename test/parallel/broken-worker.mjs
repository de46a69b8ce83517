// Ranks that fail, each in its own way, beside ranks that wait for them.
import { SharedCommunicator } from '#parallel/shared-communicator.js'
import { begin } from '#parallel/start.js'

function join({ control, rank, size }) {
  return new SharedCommunicator(control, rank, size, false)
}

export const throwing = begin((task) => {
  const communicator = join(task)
  communicator.barrier()
  if (task.rank === 1) throw new Error('rank 1 has had enough')
  try {
    communicator.barrier()
  } catch {
    return 'left'
  }
})

export const exiting = begin((task) => {
  const communicator = join(task)
  communicator.barrier()
  if (task.rank === 1) process.exit(3)
  try {
    communicator.barrier()
  } catch {
    return 'left'
  }
})

/** Waits where no abort is looked at: only ending the thread helps. */
export const deaf = begin((task) => {
  join(task)
  if (task.rank === 1) throw new Error('rank 1 has had enough')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})
