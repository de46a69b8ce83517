import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { adamW, type FitOptions, type Flow, fit, logProb } from 'pushforward'
import { type Library, OURS, type Peer, start } from './contestants.js'
import { alternate, type Evaluation, entrantOurs, entrantPeer } from './evaluation.js'
import { buildSplines, evaluationOf, type SplineWorkload, splineLabel } from './splines.js'
import { millisecondsOfStep, stepsOfTurn, type Trainer, type Turn } from './turns.js'
import { shared, standardised } from './workloads.js'

const LEARNING_RATE = 1e-3
const TRAINING_ROWS = 32_768
const CHECK_STEPS = 200
/**
 * Mean log-densities after as many steps, nats: initial weights are each library's own, and so are batches. With 21 columns
 * one library's own figure moved by 0.16 with its seed, and lay up to 0.24 from ours.
 */
const TOLERANCE = { few: 0.1, many: 0.3 }
/** Columns up to which the narrower one holds. */
const FEW = 2
const EVALUATION_ROUNDS = 3

interface Trained {
  /** Ours. */
  readonly model: Flow<'float32'>
  readonly rows: Float32Array
  readonly peers: readonly { readonly title: string; readonly peer: Peer; readonly seconds: number }[]
}

const optionsOf = ({ batch }: SplineWorkload, threads: number): FitOptions => ({
  batch,
  threads,
  optimizer: adamW({ learningRate: LEARNING_RATE, weightDecay: 0 }),
  preprocess: 'none',
})

/** Milliseconds a training step by library, in alternating rounds. */
export function raceSplineTraining(
  workload: SplineWorkload,
  libraries: readonly Library[],
  threads: number,
  folder: string,
): Promise<Map<string, number>> {
  return trained(workload, libraries, threads, folder, async ({ rows, peers }) => {
    const turns: Turn[] = []
    const ours = trainerOurs(workload, rows, threads)
    turns.push({ trainer: ours, steps: await stepsOfTurn(ours, CHECK_STEPS, (await ours.train(CHECK_STEPS)).seconds) })
    for (const { title, peer, seconds } of peers) {
      const trainer: Trainer = {
        title,
        train: (steps) => peer.ask({ do: 'train', steps }),
        warm: (steps) => peer.ask({ do: 'warm', steps }),
      }
      turns.push({ trainer, steps: await stepsOfTurn(trainer, CHECK_STEPS, seconds) })
    }
    return millisecondsOfStep(turns)
  })
}

/** Scores and samples the flows as they are after 200 steps, in alternating rounds. */
export function raceSplineEvaluation(
  workload: SplineWorkload,
  libraries: readonly Library[],
  threads: number,
  folder: string,
): Promise<Evaluation> {
  const { dim, evaluated } = workload
  return trained(workload, libraries, threads, folder, ({ model, peers }) => {
    const rows = shared(standardised({ rows: evaluated, dim }))
    const path = join(folder, `${evaluationOf(workload)}.f32`)
    writeFileSync(path, rows)
    const others = peers.map(({ title, peer }) => entrantPeer(title, peer, path, evaluated))
    return alternate(evaluated, [entrantOurs(model, rows, threads), ...others], EVALUATION_ROUNDS)
  })
}

/** Trains every library's flow for 200 steps; throws where its densities of the rows are not about as good as ours. */
async function trained<Result>(
  workload: SplineWorkload,
  libraries: readonly Library[],
  threads: number,
  folder: string,
  work: (trained: Trained) => Promise<Result>,
): Promise<Result> {
  const { name, batch, ...flow } = workload
  const rows = standardised({ rows: TRAINING_ROWS, dim: flow.dim })
  const path = join(folder, `${name}.f32`)
  writeFileSync(path, rows)
  const model = buildSplines(workload)
  await fit(model, rows, { ...optionsOf(workload, threads), steps: CHECK_STEPS })
  const reference = mean(await logProb(model, rows, { threads }))
  const report = [`${OURS} ${reference.toFixed(3)}`]
  const setup = { ...flow, columns: flow.dim, rows: path, batch, lr: LEARNING_RATE, threads }
  const running = libraries.map((library) => ({ title: library.title, peer: start(library, setup) }))
  try {
    const peers: Trained['peers'][number][] = []
    for (const { title, peer } of running) {
      await peer.ask({ do: 'warm', steps: CHECK_STEPS })
      const { seconds } = await peer.ask({ do: 'train', steps: CHECK_STEPS })
      const { mean } = await peer.ask({ do: 'score', rows: path, turn: 0 })
      report.push(`${title} ${mean.toFixed(3)}`)
      // Written so that NaN does not pass.
      if (!(Math.abs(mean - reference) <= TOLERANCE[workload.dim <= FEW ? 'few' : 'many'])) {
        throw new Error(
          `${splineLabel(workload)}: mean log-densities after ${CHECK_STEPS} steps: ${report.join(', ')}.`,
        )
      }
      peers.push({ title, peer, seconds })
    }
    console.log(`${splineLabel(workload)}: mean log-densities after ${CHECK_STEPS} steps: ${report.join(', ')}`)
    return await work({ model, rows, peers })
  } finally {
    for (const { peer } of running) peer.end()
  }
}

/** Ours, without what a fit takes to plan and to begin: a long one less a short one. */
function trainerOurs(workload: SplineWorkload, rows: Float32Array, threads: number): Trainer {
  const options = optionsOf(workload, threads)
  const seconds = async (steps: number) => (await fit(buildSplines(workload), rows, { ...options, steps })).seconds
  return {
    title: OURS,
    async train(steps) {
      const short = Math.ceil(steps / 4)
      // Threads that have slept long have gone, and new ones compile their code in the first of these.
      await seconds(short)
      const spent = await seconds(short)
      return { seconds: (((await seconds(steps)) - spent) * steps) / (steps - short) }
    },
    async warm() {},
  }
}

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length
