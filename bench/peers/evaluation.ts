import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { adamW, type Flow, fit, logProb, sample } from 'pushforward'
import { median } from '../machine.js'
import { type Answer, type Contestant, OURS, type Peer, start, TURN_SECONDS } from './contestants.js'
import { build, exported, label, shared, standardised, type Workload } from './workloads.js'

/** Training that gives every parameter a part in the result. */
const TRAINING = { rows: 4096, steps: 200, learningRate: 1e-2 }
const ROUNDS = 5
/** Mean log-densities, float32 beside float32. */
const TOLERANCE = 1e-5
/** Column means of two samples may differ by as many standard errors. */
const STANDARD_ERRORS = 6

export interface Evaluation {
  /** Million rows a second by contestant. */
  readonly scoring: Map<string, number>
  readonly sampling: Map<string, number>
}

export interface Entrant {
  readonly title: string
  score(): Promise<Pick<Answer, 'seconds' | 'mean'>>
  sample(seed: number): Promise<Pick<Answer, 'seconds' | 'means'>>
}

/** Scores and samples a trained flow in alternating rounds; throws where a peer's densities or samples are not ours. */
export async function raceEvaluation(
  workload: Workload,
  contestants: readonly Contestant[],
  threads: number,
  folder: string,
): Promise<Evaluation> {
  // Threads read them there, as the peers have them in arrays of their own before the clock starts.
  const rows = shared(standardised(workload))
  const path = join(folder, `${workload.name}.f32`)
  writeFileSync(path, rows)
  const model = build(workload)
  const { learningRate, steps } = TRAINING
  await fit(model, standardised({ ...workload, rows: TRAINING.rows }), {
    steps,
    threads,
    optimizer: adamW({ learningRate }),
    preprocess: 'none',
  })
  const setup = { rows: path, columns: workload.dim, layers: exported(model), lr: 0, wd: 0, threads }
  const running = contestants.map((contestant) => ({ contestant, peer: start(contestant, setup) }))
  const peers = running.map(({ contestant, peer }) => entrantPeer(contestant.title, peer, path, workload.rows))
  try {
    const ours = entrantOurs(model, rows, threads)
    await check(label(workload), workload, ours, peers)
    return await alternate(workload.rows, [ours, ...peers], ROUNDS)
  } finally {
    for (const { peer } of running) peer.end()
  }
}

/** A peer that scores the rows of a file, and draws as many as `count`. */
export const entrantPeer = (title: string, peer: Peer, path: string, count: number): Entrant => ({
  title,
  score: () => peer.ask({ do: 'score', rows: path, turn: TURN_SECONDS }),
  sample: (seed) => peer.ask({ do: 'sample', count, seed, turn: TURN_SECONDS }),
})

/**
 * Ours, with memory for results made once: what peers give back goes to their allocators, ours would wait for the
 * collector.
 */
export function entrantOurs(model: Flow, rows: Float32Array, threads: number): Entrant {
  const { dim } = model
  const count = rows.length / dim
  const densities = new Float32Array(new SharedArrayBuffer(4 * count))
  const drawn = new Float64Array(new SharedArrayBuffer(8 * count * dim))
  return {
    title: OURS,
    async score() {
      const { seconds, result } = await turn(() => logProb(model, rows, { threads, out: densities }))
      return { seconds, mean: columnMeans(result, 1)[0] }
    },
    async sample(seed) {
      const { seconds, result } = await turn(() => sample(model, count, { seed, threads, out: drawn }))
      return { seconds, means: columnMeans(result.data, dim) }
    },
  }
}

/** As the peers are timed: seconds a run, of as many as fill a turn, once what has gone to sleep is awake again. */
async function turn<Result>(work: () => Promise<Result>): Promise<{ seconds: number; result: Result }> {
  let result = await work()
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  let runs = 0
  for (; runs === 0 || seconds() < TURN_SECONDS; runs++) result = await work()
  return { seconds: seconds() / runs, result }
}

function columnMeans(data: ArrayLike<number>, dim: number): number[] {
  const sums = new Array<number>(dim).fill(0)
  for (let i = 0; i < data.length; i++) sums[i % dim] += data[i]
  return sums.map((sum) => (sum * dim) / data.length)
}

async function check(what: string, { rows, dim }: Workload, ours: Entrant, peers: readonly Entrant[]): Promise<void> {
  const { mean } = await ours.score()
  const drawn = await ours.sample(0)
  for (const { title, ...peer } of peers) {
    const score = await peer.score()
    if (!(Math.abs(score.mean / mean - 1) <= TOLERANCE)) {
      throw new Error(`${what}: ${title} has mean log-density ${score.mean}, we have ${mean}.`)
    }
    const { means } = await peer.sample(0)
    for (let j = 0; j < dim; j++) {
      // The columns of a flow trained on standardised rows have about unit variance.
      if (!(Math.abs(means[j] - drawn.means[j]) <= STANDARD_ERRORS * Math.sqrt(2 / rows))) {
        throw new Error(`${what}: column ${j} of ${title}'s sample has mean ${means[j]}, ours has ${drawn.means[j]}.`)
      }
    }
  }
}

/** Million rows a second, of `rows` scored and drawn: medians of alternating rounds. */
export async function alternate(rows: number, entrants: readonly Entrant[], rounds: number): Promise<Evaluation> {
  const turns = entrants.map((entrant) => ({ entrant, scoring: [] as number[], sampling: [] as number[] }))
  for (let round = 1; round <= rounds; round++) {
    for (const { entrant, scoring, sampling } of turns) {
      scoring.push((await entrant.score()).seconds)
      sampling.push((await entrant.sample(round)).seconds)
    }
  }
  const rate = (seconds: number[]) => rows / median(seconds) / 1e6
  return {
    scoring: new Map(turns.map(({ entrant, scoring }) => [entrant.title, rate(scoring)])),
    sampling: new Map(turns.map(({ entrant, sampling }) => [entrant.title, rate(sampling)])),
  }
}
