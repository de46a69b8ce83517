import { type ParseArgsConfig, parseArgs } from 'node:util'
import { didYouMean } from '../data/nearest-name.js'
import { UsageError } from '../errors.js'

/** An option as `--help` shows it; without a placeholder it takes no value. */
export interface OptionUsage {
  readonly placeholder?: string
  readonly text: string
  /** Whether it may be given several times, its texts being parts of a list between commas. */
  readonly repeatable?: boolean
  /** Words that its value may be, for a shell to complete. */
  readonly words?: readonly string[]
}

/** What a command takes, and what its `--help` says. */
export interface CommandUsage {
  /** Name and operands: `score MODEL DATA`. */
  readonly synopsis: string
  readonly summary: string
  /** Fewest and most operands. */
  readonly operands: readonly [min: number, max: number]
  /** Words that operands may be, by their names in the synopsis, for a shell to complete. */
  readonly words?: Readonly<Record<string, readonly string[]>>
  readonly options: Readonly<Record<string, OptionUsage>>
  /** Lines to copy. */
  readonly examples: readonly string[]
  /** Anything more to say, below the options. */
  readonly notes?: string
}

export interface CommandArguments {
  readonly operands: readonly string[]
  /** The text given for each option, by its name without dashes. */
  readonly values: Readonly<Record<string, string | undefined>>
  readonly help: boolean
}

export const HELP: OptionUsage = { text: 'show this' }

/**
 * Splits a command's arguments into operands and options.
 * @throws UsageError for an unknown option, a missing value, or too many or few operands.
 */
export function parseCommand(usage: CommandUsage, args: readonly string[]): CommandArguments {
  const known: Record<string, OptionUsage> = { ...usage.options, help: HELP }
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } }
  for (const [name, { placeholder, repeatable = false }] of Object.entries(usage.options)) {
    options[name] = { type: placeholder === undefined ? 'boolean' : 'string', multiple: repeatable }
  }
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined
    if (!option) throw unknownOption(usage, token.rawName, Object.keys(known))
    if (option.placeholder === undefined ? token.value !== undefined : valueMissing(token)) {
      const way =
        option.placeholder === undefined ? 'takes no value' : `needs a value: ${token.rawName} ${option.placeholder}`
      const negative = /^-[\d.]/.test(token.value ?? '')
      const hint = negative ? `; a negative one is given as ${token.rawName}=${token.value}` : ''
      throw new UsageError(`${token.rawName} ${way}${hint}.`)
    }
  }
  const { positionals, values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
  const { help = false, ...texts } = values
  if (!help) checkOperands(usage, positionals)
  const joined = Object.entries(texts).map(([name, text]) => [name, Array.isArray(text) ? text.join(',') : text])
  return { operands: positionals, values: Object.fromEntries(joined), help: help === true }
}

/** Strict parsing refuses `--lr -1`, where it cannot tell a value from a forgotten one; `--lr=-1` is clear. */
function valueMissing({
  value,
  inlineValue,
}: {
  value?: string | undefined
  inlineValue?: boolean | undefined
}): boolean {
  return value === undefined || (!inlineValue && value.length > 1 && value.startsWith('-'))
}

function unknownOption({ synopsis }: CommandUsage, rawName: string, names: string[]): UsageError {
  const [command] = synopsis.split(' ')
  const way = didYouMean(rawName.replace(/^-+/, ''), names, {
    otherwise: `See pushforward ${command} --help.`,
    shownAs: (name) => `--${name}`,
  })
  return new UsageError(`${command} has no option ${rawName}. ${way}`)
}

function checkOperands({ synopsis, operands: [min, max] }: CommandUsage, operands: readonly string[]): void {
  if (operands.length >= min && operands.length <= max) return
  const got =
    operands.length > max
      ? `${JSON.stringify(operands[max])} is one too many`
      : `got ${operands.length === 0 ? 'nothing' : `only ${operands.join(' ')}`}`
  throw new UsageError(`Usage is pushforward ${synopsis}; ${got}.`)
}

/** The text of `pushforward COMMAND --help`. */
export function commandHelp({ synopsis, summary, options, examples, notes }: CommandUsage): string {
  const rows = Object.entries({ ...options, help: HELP }).map(([name, { placeholder, text }]) => {
    return [`--${name}${placeholder === undefined ? '' : ` ${placeholder}`}`, text] as const
  })
  const width = Math.max(...rows.map(([left]) => left.length))
  return [
    `pushforward ${synopsis}`,
    '',
    summary,
    '',
    'Options',
    ...rows.map(([left, text]) => `  ${left.padEnd(width)}  ${text}`),
    ...(notes === undefined ? [] : ['', notes]),
    '',
    'Examples',
    ...examples.map((example) => `  ${example}`),
    '',
  ].join('\n')
}
