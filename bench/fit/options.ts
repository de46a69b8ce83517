import { parseArgs } from 'node:util'
import { chooser } from '../peers/options.js'
import { type FitContestant, fitContestants } from './contestants.js'
import { type FitSet, generatorNames, generatorSet, tableSet } from './sets.js'

export interface FitOptions {
  readonly contestants: readonly FitContestant[]
  readonly sets: readonly FitSet[]
  /** Seconds of a fit; a table for each. */
  readonly budgets: readonly number[]
  readonly seeds: number
  readonly threads: number
}

/**
 * Reads `--sets` and `--only` (names, comma-separated; all without them), `--data` (paths of CSV files, instead of the
 * generators where no `--sets` are named), `--shuffle`, `--budget`, `--seeds` and `--threads`.
 *
 * Throws on an unknown name, a number out of its range, and a file that is no table.
 */
export async function readFitOptions(): Promise<FitOptions> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      sets: { type: 'string' },
      data: { type: 'string' },
      shuffle: { type: 'boolean', default: false },
      budget: { type: 'string', default: '10,60' },
      seeds: { type: 'string', default: '3' },
      threads: { type: 'string', default: '2' },
    },
  })
  const ids = fitContestants.map(({ id }) => id)
  const isChosen = chooser('--only', values.only, ids)
  const isWanted = chooser('--sets', values.sets, generatorNames)
  const paths = values.data?.split(',') ?? []
  const names = values.sets === undefined && paths.length > 0 ? [] : generatorNames.filter(isWanted)
  const budgets = values.budget.split(',').map(Number)
  if (!budgets.every((seconds) => seconds > 0 && Number.isFinite(seconds))) {
    throw new Error(`--budget is ${values.budget}; expected seconds > 0, comma-separated.`)
  }
  const options = {
    contestants: fitContestants.filter(({ id }) => isChosen(id)),
    budgets,
    seeds: countOf('--seeds', values.seeds),
    threads: countOf('--threads', values.threads),
  }
  const tables = await Promise.all(paths.map((path) => tableSet(path, values.shuffle)))
  return { ...options, sets: [...names.map(generatorSet), ...tables] }
}

function countOf(option: string, value: string): number {
  const count = Number(value)
  if (!Number.isInteger(count) || count < 1) throw new Error(`${option} is ${value}; expected an integer ≥ 1.`)
  return count
}
