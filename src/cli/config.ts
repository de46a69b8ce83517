import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { joinNames } from '../data/column-list.js'
import { generators } from '../data/generators.js'
import { didYouMean } from '../data/nearest-name.js'
import { asError, echo, UsageError } from '../errors.js'
import { GENERATED_ROWS } from './data-source.js'
import { isTooDeep } from './run-schema.js'
import { settingsOf } from './settings.js'
import { TABLE_OPTION_TEXT, tableReadingTexts } from './table-options.js'
import type { TrainOptions } from './train-options.js'
import type { Values } from './values.js'

/** The name under which config.json holds DATA; all its other names are those of options. */
const DATA = 'data'
/** What only makes sense with the data it was given for. */
const OF_DATA = [
  'rows',
  'columns',
  'given',
  'column',
  'drop',
  'drop-missing',
  'missing',
  'weights',
  'where',
  'fill-value',
  ...Object.keys(TABLE_OPTION_TEXT),
]

/** Options whose value may be an object, whose text is its JSON. */
const OBJECTS = ['flow', 'from', 'preprocess', 'set']

/** Everything that decides a run, under the names of `train`'s options; `train --config` repeats it. */
export function resolvedConfig(data: string, options: TrainOptions): Readonly<Record<string, unknown>> {
  const { fit } = options
  const file = data !== '-' && !generators.has(data)
  return {
    [DATA]: file ? resolve(data) : data,
    rows: options.rows ?? (generators.has(data) ? GENERATED_ROWS : undefined),
    columns: options.columns,
    given: options.given,
    column: options.kinds,
    'drop-missing': options.dropMissing ? 'yes' : undefined,
    missing: options.modelMissing ? 'model' : undefined,
    weights: options.weights,
    ...tableReadingTexts(options.reading),
    where: options.where && `${options.where.column}=${options.where.value}`,
    'fill-value': options.fillValue,
    preprocess: options.preprocess,
    ...flowConfig(options),
    from: options.from,
    frozen: fit.frozen,
    ensemble: options.ensemble > 1 ? options.ensemble : undefined,
    starts: options.starts > 1 ? options.starts : undefined,
    steps: fit.steps,
    batch: typeof fit.batch === 'object' ? undefined : fit.batch,
    lr: fit.optimizer?.learningRate,
    'weight-decay': fit.optimizer?.weightDecay,
    patience: Number.isFinite(fit.stopping?.patience ?? Number.POSITIVE_INFINITY) ? fit.stopping?.patience : 'off',
    'on-divergence': fit.onDivergence,
    set: settingsOf(fit),
    checkpoint: options.checkpoint,
    validation: fit.validation,
    test: options.test,
    seed: options.seed,
    threads: fit.threads,
    kernels: fit.kernels,
    plots: options.plots,
  }
}

/** A flow that was chosen is told in full, one that was named by its name. */
function flowConfig({ flow, preset, chosen }: TrainOptions): Record<string, unknown> {
  if (chosen) return { flow: chosen }
  if (flow?.startsWith('{')) return { flow: JSON.parse(flow) }
  const { minBinSize, minDerivative, ...rest } = preset
  const minima = { 'min-bin-size': minBinSize, 'min-derivative': minDerivative }
  return { flow: flow?.endsWith('.json') ? resolve(flow) : flow, ...rest, ...minima }
}

/**
 * DATA and option texts of a command line with what --config adds: the command line wins, and DATA of its own leaves
 * out the rows and columns of the file's.
 * @throws UsageError where the file cannot be read or holds something that is no option.
 */
export async function withConfig(
  operand: string | undefined,
  values: Values,
  known: readonly string[],
): Promise<{ data: string | undefined; values: Values }> {
  const { config: path, ...own } = values
  if (path === undefined) return { data: operand, values: own }
  const { [DATA]: data, ...texts } = await readConfig(path, known)
  if (operand === undefined || operand === data) return { data: operand ?? data, values: merged(texts, own) }
  const rest = Object.fromEntries(Object.entries(texts).filter(([name]) => !OF_DATA.includes(name)))
  return { data: operand, values: merged(rest, own) }
}

/** What is said on the command line wins; its settings are put into those of the file, a line each. */
function merged(file: Values, own: Values): Values {
  const settings = [file.set, own.set].filter((text) => text !== undefined)
  return { ...file, ...own, ...(settings.length > 0 && { set: settings.join('\n') }) }
}

async function readConfig(path: string, known: readonly string[]): Promise<Record<string, string>> {
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new UsageError(`--config ${path} cannot be read: ${asError(cause).message}.`, { cause })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new UsageError(`--config ${path} holds no JSON object; give the config.json of a run.`)
  }
  const names = [DATA, ...known]
  return Object.fromEntries(
    Object.entries(parsed).map(([name, value]) => {
      if (!names.includes(name)) {
        const way = didYouMean(name, names, { otherwise: `It may hold ${names.join(', ')}.` })
        throw new UsageError(`--config ${path}: train has no option ${echo(name)}. ${way}`)
      }
      return [name, textOf(path, name, value)]
    }),
  )
}

function textOf(path: string, name: string, value: unknown): string {
  if (isWord(value)) return String(value)
  if (Array.isArray(value) && value.every(isWord)) return joinNames(value.map(String))
  if (OBJECTS.includes(name) && typeof value === 'object' && value !== null && !isTooDeep(value)) {
    return JSON.stringify(value)
  }
  throw new UsageError(
    `--config ${path}: ${echo(name)} is ${echo(value)}; expected text or a number, or a list of them.`,
  )
}

const isWord = (value: unknown): value is string | number => typeof value === 'string' || Number.isFinite(value)
