import { leaveWith } from './interrupt.js'
import { sayOver } from './output.js'
import { type ChoiceView, choiceView } from './progress.js'

/** Shows what is tried, and for how long, until `work` is done; a signal meanwhile ends the command in one line. */
export async function choosing<Result>(
  first: string,
  budget: number | undefined,
  work: (tell: (what: string) => void) => Promise<Result>,
): Promise<Result> {
  let view: ChoiceView | undefined
  const release = leaveWith(() => {
    view?.end()
    sayOver('Interrupted while choosing: nothing is trained yet, and nothing is saved.')
  })
  try {
    view = await choiceView(process.stderr, budget)
    view.tell(first)
    return await work(view.tell)
  } finally {
    release()
    view?.end()
  }
}
