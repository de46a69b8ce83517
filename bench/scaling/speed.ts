import { fit } from 'pushforward'
import { median } from '../machine.js'
import { build, standardised } from '../peers/workloads.js'

const ROUNDS = 5
/** What one measured training lasts, about: long beside the waking of ranks. */
const TURN_SECONDS = 0.25
const PROBE_STEPS = 3

export interface Case {
  readonly rows: number
  readonly hidden: readonly number[]
  readonly threads: number
}

/** Approached from below: a training of few steps spends its time on starting, a new one on compiling, too. */
async function stepsOfTurn(train: (steps: number) => Promise<number>): Promise<number> {
  // The first one of all starts threads, which takes longer than a turn.
  await train(PROBE_STEPS)
  let steps = PROBE_STEPS
  let seconds = await train(steps)
  while (steps * seconds < TURN_SECONDS / 2) {
    steps *= 2
    seconds = await train(steps)
  }
  return Math.max(PROBE_STEPS, Math.round(TURN_SECONDS / seconds))
}

/** Seconds of a training step of each case, medians of alternating rounds; two columns. */
export async function stepSeconds(cases: readonly Case[]): Promise<number[]> {
  const turns = []
  for (const { rows, hidden, threads } of cases) {
    const workload = { name: '', rows, dim: 2, hidden }
    const data = standardised(workload)
    const train = async (steps: number) =>
      (await fit(build(workload), data, { steps, threads, preprocess: 'none' })).seconds / steps
    turns.push({ train, steps: await stepsOfTurn(train), times: [] as number[] })
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { train, steps, times } of turns) times.push(await train(steps))
  }
  return turns.map(({ times }) => median(times))
}
