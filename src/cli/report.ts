import { join, resolve } from 'node:path'
import { asError, UsageError } from '../errors.js'
import { writeFileWhole } from '../io/write-file.js'
import type { CommandArguments, CommandUsage } from './arguments.js'
import { warnIfDiverged } from './load-model.js'
import { say } from './output.js'
import { checkOutFile } from './rows-output.js'
import { readRun } from './run-files.js'
import { modelPath, wayOut } from './run-folder.js'
import type { RunRecord } from './run-record.js'

/** The page's name in a run folder. */
export const REPORT_FILE = 'report.html'

/** Runs of one page, at most. */
const MOST_RUNS = 100

export const usage: CommandUsage = {
  synopsis: 'report RUN [RUN …]',
  summary: 'Makes one page of what a run has left in its folder, or compares several runs in a table and a picture.',
  operands: [1, MOST_RUNS],
  options: {
    out: { placeholder: 'FILE', text: `where to write (${REPORT_FILE} in the run's folder; needed for several)` },
  },
  notes: [
    'RUN is the folder of a run, or latest, the newest run in runs/. The page needs no other file and no network. It holds the',
    'pictures that training has drawn, so that a run with --plots off has figures alone.',
  ].join('\n'),
  examples: ['pushforward report latest', 'pushforward report runs/points runs/wider --out compare.html'],
}

/** `pushforward report RUN [RUN …]`. */
export async function run({ operands, values: { out } }: CommandArguments): Promise<number> {
  if (out !== undefined) await checkOutFile(out)
  const folders = await Promise.all(operands.map(modelPath))
  if (folders.length === 1) {
    say(`Report: ${await writeReport(folders[0], { out })}`)
    return 0
  }
  if (out === undefined) {
    throw new UsageError('A page on several runs has no folder of its own: say where to write it, --out compare.html.')
  }
  const twice = folders.find((folder, i) => folders.findIndex((other) => resolve(other) === resolve(folder)) < i)
  if (twice !== undefined) throw new UsageError(`${twice} is named twice; expected different runs.`)
  const runs = []
  for (const folder of folders) runs.push(await readRun(folder))
  for (const { model } of runs) warnIfDiverged(model)
  const { comparePage } = await import('./compare-page.js')
  await write(out, comparePage(runs))
  say(`Report: ${out}`)
  return 0
}

/** Writes the page of a run, whose record may be further than its file, and returns its path. */
export async function writeReport(
  folder: string,
  { out = join(folder, REPORT_FILE), record }: { out?: string; record?: RunRecord } = {},
): Promise<string> {
  const files = await readRun(folder)
  warnIfDiverged(files.model)
  // The chart library behind pages takes longer to load than most commands take to run.
  const { runPage } = await import('./run-page.js')
  await write(out, runPage({ ...files, run: record ?? files.run }))
  return out
}

async function write(path: string, page: string): Promise<void> {
  try {
    await writeFileWhole(path, page)
  } catch (cause) {
    throw new Error(`The report cannot be written as ${path}: ${asError(cause).message}${wayOut(cause)}`, { cause })
  }
}
