import { parseKind } from '../columns/asked-kind.js'
import { joinNames, splitNames } from '../data/column-list.js'
import { UsageError } from '../errors.js'
import { names, type Values } from './values.js'

/** What --column and --drop say of columns. */
export interface ColumnChoices {
  readonly kinds: ReadonlyMap<string, string>
  /** Of `--column all:KIND`. */
  readonly all: string | undefined
}

/** What --missing may say. */
export const MISSING = ['model'] as const

export const COLUMN_OPTION_TEXT = {
  column: {
    placeholder: 'NAME:KIND',
    text: 'what columns are, between commas, or all:KIND for all others, see below (found out)',
    repeatable: true,
  },
  drop: { placeholder: 'NAMES', text: 'columns of a file to leave out (none)', repeatable: true },
  'drop-missing': { text: 'leave out rows with a cell that is missing' },
  missing: {
    placeholder: 'HOW',
    words: MISSING,
    text: 'model: model which cells are missing, and draw what may be there, see below (refused)',
  },
}

/** Stands for all columns that --column does not name. */
const ALL = 'all'
/** The same where a column of that name, in quotes, may stand beside it. */
const OTHERS = ''
/** A part between commas ends before the next name, for kinds hold commas of their own. */
const PART = /^((?:"(?:[^"]|"")*"|[^,])*?):(\w+(?:\([^()]*\))?)\s*(?:,|$)/

/** @throws UsageError for what is no kind, and a name that comes twice. */
export function columnChoices(values: Values): ColumnChoices {
  const kinds = new Map<string, string>()
  const add = (name: string, kind: string, option: string) => {
    if (kinds.has(name)) throw new UsageError(`--${option} names ${JSON.stringify(name)} twice.`)
    parseKind(kind, `--column ${joinNames([name])}`)
    kinds.set(name, kind)
  }
  let all: string | undefined
  let rest = (values.column ?? '').trim()
  while (rest !== '') {
    const [part, quoted, text] = PART.exec(rest) ?? []
    const [name] = (quoted !== undefined && splitNames(quoted)) || []
    if (part === undefined || name === undefined) {
      const [, word = ''] = /:([^,]*)/.exec(rest) ?? []
      if (word !== '') parseKind(word, `The kind of --column ${rest}`)
      throw new UsageError(
        `--column is ${JSON.stringify(values.column)}; expected NAME:KIND between commas, such as age:integer,price:positive.`,
      )
    }
    if (quoted === ALL) all = text
    add(quoted === ALL ? OTHERS : name, text, 'column')
    rest = rest.slice(part.length).trim()
  }
  for (const name of names(values, 'drop') ?? []) add(name, 'drop', 'drop')
  kinds.delete(OTHERS)
  return { kinds, all }
}

/** Kinds by name as --column takes them. */
export function columnTexts(kinds: Iterable<readonly [name: string, kind: string]>): string {
  return [...kinds].map(([name, kind]) => `${joinNames([name]).replace(/^([^"]*:.*|all)$/, '"$&"')}:${kind}`).join(',')
}
