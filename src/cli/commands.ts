import type { CommandArguments, CommandUsage } from './arguments.js'

/** A command's module; loaded when it is asked for, so that nothing else waits for it. */
export interface Command {
  readonly usage: CommandUsage
  /** Resolves with the exit code. */
  run(args: CommandArguments): Promise<number>
}

/** What `pushforward --help` says of a command, and where it is. */
export interface CommandEntry {
  readonly summary: string
  readonly load: () => Promise<Command>
}

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  train: { summary: 'fit a flow to a generator or a file', load: () => import('./train.js') },
  sample: { summary: 'draw rows from a model', load: () => import('./sample.js') },
  score: { summary: 'log-density of every row of a file', load: () => import('./score.js') },
  predict: { summary: 'one column given all others, in every row of a file', load: () => import('./predict.js') },
  show: { summary: "a model's layers, parameters and provenance", load: () => import('./show.js') },
  report: { summary: 'a page of what a run has left, or of several runs', load: () => import('./report.js') },
  data: { summary: 'rows of a generator', load: () => import('./data.js') },
  doctor: { summary: 'whether all that is needed is there, and the speed', load: () => import('./doctor.js') },
  completion: { summary: 'a script that completes commands in a shell', load: () => import('./completion.js') },
}
