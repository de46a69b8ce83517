import { basename, join } from 'node:path'
import { details, paragraph, table, verbatim } from '../report/html.js'
import type { Section } from '../report/page.js'
import type { RunFiles } from './run-files.js'

/** What a run was told, and the command that does the same again. */
export function repeatSection({ folder, config }: RunFiles): Section {
  const entries = Object.entries(config)
  const short = entries.filter(([, value]) => typeof value !== 'object' || Array.isArray(value))
  const long = entries.filter(([, value]) => typeof value === 'object' && value !== null && !Array.isArray(value))
  const stdin = config.data === '-' ? [paragraph('The data came from standard input: pipe the same in again.')] : []
  return {
    title: 'Settings, and how to repeat it',
    parts: [
      verbatim(`pushforward train --config ${shellWord(join(folder, 'config.json'))} --out runs/again`),
      paragraph('gives the same model, to the bit, on any machine with any number of threads.'),
      ...stdin,
      table({
        caption: 'config.json',
        head: ['option', 'value'],
        rows: short.map(([name, value]) => [name, shownValue(name, value)]),
        words: true,
      }),
      ...long.map(([name, value]) => details(name, verbatim(JSON.stringify(value, null, 1)))),
    ],
  }
}

/** A page that is sent on names the file of the data, and not the folders above it. */
function shownValue(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.join(', ')
  return name === 'data' ? basename(String(value)) : String(value)
}

/** A word as a POSIX shell reads it. */
function shellWord(word: string): string {
  return /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
