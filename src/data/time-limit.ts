import { createContext, Script } from 'node:vm'

const call = new Script('work()')
/** One for all calls: making another takes milliseconds. */
const context = createContext({ work: undefined })

/**
 * What `work` returns. Throws RangeError where that has not ended within `seconds`, even if it never would.
 * For synchronous work on what others have written: nothing else runs in this thread meanwhile, a timer neither.
 */
export function withinSeconds<T>(seconds: number, work: () => T): T {
  context.work = work
  try {
    return call.runInContext(context, { timeout: 1000 * seconds })
  } catch (error) {
    if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw new RangeError(`no end of it within ${seconds} s`, { cause: error })
  } finally {
    context.work = undefined
  }
}
