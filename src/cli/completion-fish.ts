import type { CompletedCommand } from './completion-table.js'

/** For fish. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  return `# fish completion of pushforward: pushforward completion fish | source
complete -c pushforward -e
complete -c pushforward -f
complete -c pushforward -n __fish_use_subcommand -l help -d 'show this'
complete -c pushforward -n __fish_use_subcommand -l version -d 'show the version'
${commands.flatMap(lines).join('\n')}
`
}

function lines({ name, summary, options, operands }: CompletedCommand): string[] {
  const within = `complete -c pushforward -n '__fish_seen_subcommand_from ${name}'`
  const words = operands.flatMap((operand) => operand.words)
  const paths = operands.some((operand) => operand.paths)
  return [
    `complete -c pushforward -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...(words.length > 0 ? [`${within} -a ${quoted(words.join(' '))}`] : []),
    ...(paths ? [`${within} -F`] : []),
    ...options.map(({ name: option, text, value }) => {
      const takes = !value ? '' : value.paths ? ' -r -F' : ' -x'
      const offered = value && value.words.length > 0 ? ` -a ${quoted(value.words.join(' '))}` : ''
      return `${within} -l ${option}${takes}${offered} -d ${quoted(text)}`
    }),
  ]
}

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`
