import { type CommandUsage, HELP } from './arguments.js'

/** What may stand at a place of a command line. */
export interface Offer {
  readonly words: readonly string[]
  readonly paths: boolean
}

export interface CompletedOption {
  readonly name: string
  readonly text: string
  /** What its value may be, with its name; undefined of one without. */
  readonly value: (Offer & { readonly placeholder: string }) | undefined
  readonly repeatable: boolean
}

/** A command as scripts of shells need it, whatever the shell. */
export interface CompletedCommand {
  readonly name: string
  readonly summary: string
  readonly options: readonly CompletedOption[]
  /** By their places; the last one is that of all behind it where there may be more. */
  readonly operands: readonly (Offer & { readonly placeholder: string })[]
  readonly more: boolean
}

/** Of these names of values, those that stand for files and folders, and those that may be the newest run. */
const PATHS = ['DATA', 'FILE', 'FLOW', 'FOLDER', 'MODEL', 'RUN']
const RUNS = ['MODEL', 'RUN']

/** What the usage of a command says of how to complete it. */
export function completedCommand(name: string, summary: string, usage: CommandUsage): CompletedCommand {
  const { synopsis, options, words = {}, operands } = usage
  const most = operands[1]
  // DATA of "[DATA]", and no option's value behind it.
  const [, ...placeholders] = synopsis
    .replace(/ --.*/, '')
    .replace(/[[\]…]/g, '')
    .trim()
    .split(/\s+/)
  const offered = [...new Set(placeholders)].slice(0, most)
  return {
    ...{ name, summary },
    options: Object.entries({ ...options, help: HELP }).map(([option, { placeholder, text, words, repeatable }]) => ({
      ...{ name: option, text, repeatable: repeatable ?? false },
      value: placeholder === undefined ? undefined : offer(placeholder, words),
    })),
    operands: offered.map((placeholder) => offer(placeholder, words[placeholder])),
    more: most > offered.length,
  }
}

function offer(placeholder: string, words: readonly string[] = []) {
  const run = RUNS.includes(placeholder) ? ['latest'] : []
  return { placeholder, words: [...words, ...run], paths: PATHS.includes(placeholder) }
}
