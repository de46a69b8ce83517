import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { adamW, fit } from 'pushforward'
import { median } from '../machine.js'
import { type Contestant, OURS, start, TURN_SECONDS } from './contestants.js'
import { build, exported, label, standardised, type TrainingWorkload } from './workloads.js'

const LEARNING_RATE = 1e-4
const WEIGHT_DECAY = 1e-4
/** Loss 100 is that of the parameters after 100 updates. */
const CHECK_STEPS = 101
/** How much longer than the last one a trial on the way to a full turn may be. */
const LONGER = 8
/** A contestant whose step takes longer than its turn still takes as many. */
const LEAST_STEPS = 2
const ROUNDS = 7

interface Entrant {
  readonly title: string
  readonly tolerance: number
  train(steps: number): Promise<{ seconds: number; loss: number }>
  warm(steps: number): Promise<unknown>
  end(): void
}

/** Milliseconds a training step by contestant, in alternating rounds; throws where a loss is not ours. */
export async function raceTraining(
  workload: TrainingWorkload,
  contestants: readonly Contestant[],
  threads: number,
  folder: string,
): Promise<Map<string, number>> {
  const rows = standardised(workload)
  const path = join(folder, `${workload.name}.f32`)
  writeFileSync(path, rows)
  const ours = entrantOurs(workload, rows, threads)
  const setup = { rows: path, columns: workload.dim, layers: exported(build(workload)), threads }
  const peers = contestants.map((contestant) => {
    const peer = start(contestant, { ...setup, lr: LEARNING_RATE, wd: WEIGHT_DECAY })
    return {
      title: contestant.title,
      tolerance: contestant.tolerance,
      train: (steps: number) => peer.ask({ do: 'train', steps }),
      warm: (steps: number) => peer.ask({ do: 'warm', steps }),
      end: () => peer.end(),
    }
  })
  try {
    return await race(label(workload), [ours, ...peers])
  } finally {
    for (const { end } of peers) end()
  }
}

function entrantOurs(workload: TrainingWorkload, rows: Float32Array, threads: number): Entrant {
  const optimizer = adamW({ learningRate: LEARNING_RATE, weightDecay: WEIGHT_DECAY })
  return {
    title: OURS,
    tolerance: 0,
    async train(steps) {
      const options = { threads, optimizer, standardise: false, steps }
      // Threads that had nothing to do for ten seconds have gone, and new ones have their code compiled within half a
      // second of work; those of the peers wait with theirs.
      await fit(build(workload), rows, options)
      const { seconds, losses } = await fit(build(workload), rows, options)
      return { seconds, loss: losses[steps - 1] }
    },
    async warm() {},
    end() {},
  }
}

/** Steps that fill a turn: approached from below, since short trainings spend most of their time on starting. */
async function stepsOfTurn(entrant: Entrant, secondsOfCheck: number): Promise<number> {
  let [steps, seconds] = [CHECK_STEPS, secondsOfCheck]
  // The first training also started whatever had to be started.
  for (let first = seconds < 2 * TURN_SECONDS; first || seconds < TURN_SECONDS / 2; first = false) {
    if (!first) steps = Math.round(steps * Math.min(LONGER, TURN_SECONDS / seconds))
    await entrant.warm(steps)
    seconds = (await entrant.train(steps)).seconds
  }
  steps = Math.max(LEAST_STEPS, Math.round((TURN_SECONDS * steps) / seconds))
  await entrant.warm(steps)
  return steps
}

async function race(what: string, entrants: readonly Entrant[]): Promise<Map<string, number>> {
  let reference: number | undefined
  const turns: { entrant: Entrant; steps: number; times: number[] }[] = []
  for (const entrant of entrants) {
    await entrant.warm(CHECK_STEPS)
    const { seconds, loss } = await entrant.train(CHECK_STEPS)
    reference ??= loss
    // Written so that NaN does not pass.
    if (!(Math.abs(loss / reference - 1) <= entrant.tolerance)) {
      throw new Error(`${what}: ${entrant.title} has loss ${loss} after 100 steps, we have ${reference}.`)
    }
    turns.push({ entrant, steps: await stepsOfTurn(entrant, seconds), times: [] })
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { entrant, steps, times } of turns) times.push((await entrant.train(steps)).seconds / steps)
  }
  return new Map(turns.map(({ entrant, times }) => [entrant.title, 1000 * median(times)]))
}
