// How the calling side learns that a thread has begun with the task it was given.
import { asError } from '../errors.js'
import { registeredModules, registerLayers } from '../layers/modules.js'

/** What a thread is handed: one word of shared memory, which it sets to 1 when it begins, its task, and modules of layers. */
export interface Handed<Task> {
  readonly started: Int32Array
  readonly task: Task
  readonly modules: readonly string[]
}

export function hand<Task>(task: Task): Handed<Task> {
  return { started: new Int32Array(new SharedArrayBuffer(4)), task, modules: registeredModules() }
}

export function hasBegun({ started }: Handed<unknown>): boolean {
  return Atomics.load(started, 0) !== 0
}

/** A worker's export for what is done with a task. */
export function begin<Task, Result>(work: (task: Task) => Result): (handed: Handed<Task>) => Result | Promise<Result> {
  return ({ started, task, modules }) => {
    Atomics.store(started, 0, 1)
    try {
      // Without modules there is nothing to wait for: a rank that has begun is at work.
      const result = modules.length === 0 ? work(task) : Promise.all(modules.map(registerLayers)).then(() => work(task))
      return result instanceof Promise ? result.catch(fail) : result
    } catch (thrown) {
      return fail(thrown)
    }
  }
}

/** A pool takes null that was thrown for a result. */
function fail(thrown: unknown): never {
  throw asError(thrown)
}
