import type { CompletedCommand, CompletedOption, Offer } from './completion-table.js'

/** For zsh, by its own _arguments; as a file _pushforward in $fpath as well as evaluated. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef pushforward
# zsh completion of pushforward: eval "$(pushforward completion zsh)", below compinit.
_pushforward() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
    compadd -- --help --version
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${commands.map(commandCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _pushforward ]]; then
  _pushforward "$@"
else
  compdef _pushforward pushforward
fi
`
}

function commandCase({ name, options, operands, more }: CompletedCommand): string {
  const specs = [
    ...options.map(optionSpec),
    ...operands.map((operand, i) => {
      const place = more && i === operands.length - 1 ? '*' : String(i + 1)
      return `${place}:${operand.placeholder}:${action(operand)}`
    }),
  ]
  return `    ${name})
      _arguments -s \\
${specs.map((spec) => `        ${quoted(spec)}`).join(' \\\n')}
      ;;`
}

function optionSpec({ name, text, value, repeatable }: CompletedOption): string {
  const told = text.replace(/[[\]:\\]/g, '\\$&')
  const many = repeatable ? '*' : ''
  if (!value) return `${many}--${name}[${told}]`
  return `${many}--${name}=[${told}]:${value.placeholder.replace(/:/g, '\\:')}:${action(value)}`
}

/** What _arguments runs; a blank where nothing can be offered. */
function action({ words, paths }: Offer): string {
  // A word that ends in = is gone on with.
  const open = words.some((word) => word.endsWith('=')) ? '-S "" ' : ''
  const listed = words.length > 0 ? [`compadd ${open}-- ${words.join(' ')}`] : []
  const both = [...listed, ...(paths ? ['_files'] : [])]
  return both.length === 0 ? ' ' : `{ ${both.join('; ')} }`
}

const quoted = (text: string): string => `'${text.replace(/'/g, "'\\''")}'`
