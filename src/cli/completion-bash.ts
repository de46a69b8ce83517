import type { CompletedCommand, Offer } from './completion-table.js'

/**
 * For bash from 3.2 on, which macOS has. Words are cut at = by most set-ups, so that --flow=nsf comes as three of them.
 */
export function bashScript(commands: readonly CompletedCommand[]): string {
  return `# bash completion of pushforward: eval "$(pushforward completion bash)"
_pushforward() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  local words='' paths='' valued='' options='' place=0 i
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W '${[...commands.map(({ name }) => name), '--help', '--version'].join(' ')}' -- "$cur"))
    return
  fi
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  case $command in
${commands.map(optionsCase).join('\n')}
    *) return ;;
  esac
  for ((i = 2; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      =) ;;
      -*) [[ $valued == *" \${COMP_WORDS[i]} "* ]] && { ((i++)); [[ \${COMP_WORDS[i]} == = ]] && ((i++)); } ;;
      *) ((place++)) ;;
    esac
  done
  if [[ $valued == *" $prev "* ]]; then
    case $command$prev in
${commands.flatMap(valueCases).join('\n')}
    esac
  elif [[ $cur == -* ]]; then
    words=$options
  else
    case $command$place in
${commands.flatMap(operandCases).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ $paths ]]; then
    local IFS=$'\\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$cur"))
  elif [[ \${COMPREPLY[0]} == *= ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -F _pushforward pushforward
`
}

function optionsCase({ name, options }: CompletedCommand): string {
  const valued = options.filter(({ value }) => value).map((option) => `--${option.name}`)
  const all = options.map((option) => `--${option.name}`)
  return `    ${name})
      options='${all.join(' ')}'
      valued=' ${valued.join(' ')} ' ;;`
}

const offered = ({ words, paths }: Offer) => `words='${words.join(' ')}'${paths ? ' paths=1' : ''}`

function valueCases({ name, options }: CompletedCommand): string[] {
  return options.flatMap(({ name: option, value }) =>
    value && (value.words.length > 0 || value.paths) ? [`      ${name}--${option}) ${offered(value)} ;;`] : [],
  )
}

function operandCases({ name, operands, more }: CompletedCommand): string[] {
  return operands.map((operand, place) => {
    const open = more && place === operands.length - 1
    return `      ${name}${open ? '*' : place}) ${offered(operand)} ;;`
  })
}
