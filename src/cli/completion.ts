import { didYouMean } from '../data/nearest-name.js'
import { UsageError } from '../errors.js'
import type { CommandArguments, CommandUsage } from './arguments.js'
import { COMMANDS } from './commands.js'
import { bashScript } from './completion-bash.js'
import { fishScript } from './completion-fish.js'
import { type CompletedCommand, completedCommand } from './completion-table.js'
import { zshScript } from './completion-zsh.js'
import { writeData } from './output.js'

const SCRIPTS: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

export const usage: CommandUsage = {
  synopsis: 'completion SHELL',
  summary: 'Prints a script by which a shell completes commands, options, their values and files.',
  operands: [1, 1],
  words: { SHELL: Object.keys(SCRIPTS) },
  options: {},
  notes: [
    'SHELL is bash, zsh or fish. To have it in every new shell, once:',
    '  bash  echo \'eval "$(pushforward completion bash)"\' >> ~/.bashrc',
    '  zsh   echo \'eval "$(pushforward completion zsh)"\' >> ~/.zshrc     (below a line compinit)',
    '  fish  pushforward completion fish > ~/.config/fish/completions/pushforward.fish',
  ].join('\n'),
  examples: ['eval "$(pushforward completion bash)"', 'pushforward completion fish | source'],
}

/** `pushforward completion SHELL`. */
export async function run({ operands: [shell] }: CommandArguments): Promise<number> {
  const shells = Object.keys(SCRIPTS)
  if (!shells.includes(shell)) {
    throw new UsageError(
      `There is no script for ${shell}. ${didYouMean(shell, shells, { otherwise: `There are ${shells.join(', ')}.` })}`,
    )
  }
  const commands = []
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    commands.push(completedCommand(name, summary, (await load()).usage))
  }
  await writeData(SCRIPTS[shell](commands))
  return 0
}
