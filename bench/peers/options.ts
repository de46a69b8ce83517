import { parseArgs } from 'node:util'
import { type Contestant, contestants, type Library, libraries } from './contestants.js'
import { evaluationOf, type SplineWorkload, splineWorkloads } from './splines.js'
import { evaluationWorkloads, type TrainingWorkload, trainingWorkloads, type Workload } from './workloads.js'

export interface Options {
  readonly contestants: readonly Contestant[]
  readonly training: readonly TrainingWorkload[]
  readonly evaluation: readonly Workload[]
  readonly libraries: readonly Library[]
  readonly splineTraining: readonly SplineWorkload[]
  readonly splineEvaluation: readonly SplineWorkload[]
  readonly threads: number
}

/** Reads `--only`, `--workloads` (names, comma-separated; all without them) and `--threads`; throws on an unknown name. */
export function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      workloads: { type: 'string' },
      threads: { type: 'string', default: '2' },
    },
  })
  const isChosen = chooser(
    '--only',
    values.only,
    [...contestants, ...libraries].map(({ id }) => id),
  )
  const tutorials = [...trainingWorkloads, ...evaluationWorkloads].map(({ name }) => name)
  const names = [...tutorials, ...splineWorkloads.flatMap((w) => [w.name, evaluationOf(w)])]
  const isWanted = chooser('--workloads', values.workloads, names)
  const threads = Number(values.threads)
  if (!Number.isInteger(threads) || threads < 1) {
    throw new Error(`--threads is ${values.threads}; expected an integer ≥ 1.`)
  }
  const splineTraining = splineWorkloads.filter(({ name }) => isWanted(name))
  const splineEvaluation = splineWorkloads.filter((workload) => isWanted(evaluationOf(workload)))
  const structures = [...splineTraining, ...splineEvaluation].map(({ structure }) => structure)
  return {
    contestants: tutorials.some(isWanted) ? contestants.filter(({ id }) => isChosen(id)) : [],
    training: trainingWorkloads.filter(({ name }) => isWanted(name)),
    evaluation: evaluationWorkloads.filter(({ name }) => isWanted(name)),
    libraries: libraries.filter((l) => isChosen(l.id) && l.structures.some((s) => structures.includes(s))),
    splineTraining,
    splineEvaluation,
    threads,
  }
}

/** Whether an option of names, comma-separated, has a name; throws on an unknown one, and without a value has all. */
export function chooser(
  option: string,
  value: string | undefined,
  known: readonly string[],
): (name: string) => boolean {
  if (value === undefined) return () => true
  const names = value.split(',')
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`${option} has no "${unknown}"; it takes ${known.join(', ')}.`)
  return (name) => names.includes(name)
}
