import { leaveWith } from './interrupt.js'
import { choiceView } from './progress.js'

/** Blocks of rows as they come, and how far they are. */
export interface RowsProgress {
  /** What is done to them: "predicting". */
  readonly verb: string
  readonly rows: number
  /** Of every block but the last. */
  readonly blockRows: number
  /** Whether the rows go into a file: on a terminal that they come to themselves they show how far it is. */
  readonly toFile: boolean
}

/** Passes blocks on, and tells on stderr how many rows are done, as what is tried before training. */
export async function* withProgress<Block>(
  blocks: AsyncIterable<Block>,
  { verb, rows, blockRows, toFile }: RowsProgress,
): AsyncGenerator<Block> {
  if (rows <= blockRows || (process.stdout.isTTY && !toFile)) {
    yield* blocks
    return
  }
  const view = await choiceView(process.stderr, undefined, { verb })
  const release = leaveWith(view.end)
  try {
    let done = 0
    view.tell(`row 0 of ${rows}`)
    for await (const block of blocks) {
      yield block
      done = Math.min(rows, done + blockRows)
      view.tell(`row ${done} of ${rows}`)
    }
  } finally {
    release()
    view.end()
  }
}
