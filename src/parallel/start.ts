// How the calling side learns that a thread has begun with the task it was given.

/** What a thread is handed: one word of shared memory, which it sets to 1 when it begins, and its task. */
export interface Handed<Task> {
  readonly started: Int32Array
  readonly task: Task
}

export function hand<Task>(task: Task): Handed<Task> {
  return { started: new Int32Array(new SharedArrayBuffer(4)), task }
}

export function hasBegun({ started }: Handed<unknown>): boolean {
  return Atomics.load(started, 0) !== 0
}

/** A worker's export for what is done with a task. */
export function begin<Task, Result>(work: (task: Task) => Result): (handed: Handed<Task>) => Result {
  return ({ started, task }) => {
    Atomics.store(started, 0, 1)
    return work(task)
  }
}
