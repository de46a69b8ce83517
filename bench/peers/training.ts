import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { adamW, fit } from 'pushforward'
import { type Contestant, OURS, start } from './contestants.js'
import { millisecondsOfStep, stepsOfTurn, type Trainer, type Turn } from './turns.js'
import { build, exported, label, standardised, type TrainingWorkload } from './workloads.js'

const LEARNING_RATE = 1e-4
const WEIGHT_DECAY = 1e-4
/** Loss 100 is that of the parameters after 100 updates. */
const CHECK_STEPS = 101

interface Entrant extends Trainer {
  readonly tolerance: number
  train(steps: number): Promise<{ seconds: number; loss: number }>
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
      const options = { threads, optimizer, preprocess: 'none', steps } as const
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

async function race(what: string, entrants: readonly Entrant[]): Promise<Map<string, number>> {
  let reference: number | undefined
  const turns: Turn[] = []
  for (const entrant of entrants) {
    await entrant.warm(CHECK_STEPS)
    const { seconds, loss } = await entrant.train(CHECK_STEPS)
    reference ??= loss
    // Written so that NaN does not pass.
    if (!(Math.abs(loss / reference - 1) <= entrant.tolerance)) {
      throw new Error(`${what}: ${entrant.title} has loss ${loss} after 100 steps, we have ${reference}.`)
    }
    turns.push({ trainer: entrant, steps: await stepsOfTurn(entrant, CHECK_STEPS, seconds) })
  }
  return millisecondsOfStep(turns)
}
