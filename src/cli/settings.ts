import { didYouMean } from '../data/nearest-name.js'
import { UsageError } from '../errors.js'
import type { FitOptions } from '../train/options.js'

/** What --set may name, with the options that each of these has. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  optimizer: ['type', 'learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay'],
  schedule: ['type', 'final', 'rise', 'initial', 'every', 'factor', 'patience', 'least', 'share', 'schedule'],
  clip: [],
  average: ['type', 'decay'],
  noise: ['type', 'sd', 'final'],
  batch: ['type', 'from', 'to'],
  validationEvery: [],
  stopping: ['patience', 'minDelta', 'restoreBestWeights', 'after'],
}

/** What holds another of its kind: schedule.schedule is what warmUp goes on with. */
const NESTED = 'schedule'

/** The type that a value has where nothing else is said. */
const TYPES: Readonly<Record<string, string | undefined>> = {
  optimizer: 'adamW',
  average: 'ema',
  noise: 'noise',
  batch: 'growing',
}

/** What a number or word alone stands for: average=0.999 is average.decay=0.999. */
const SHORT: Readonly<Record<string, string | undefined>> = {
  optimizer: 'type',
  schedule: 'type',
  average: 'decay',
  noise: 'sd',
}

/** Words that a type may be. */
const WORDS: Readonly<Record<string, readonly string[] | undefined>> = {
  optimizer: ['adamW', 'adam'],
  schedule: ['constant', 'cosine', 'oneCycle', 'stepDecay', 'reduceOnPlateau', 'warmUp'],
}

/** Every path that --set may name. */
export const SETTINGS: readonly string[] = Object.entries(OPTIONS).flatMap(([name, options]) => [
  ...(options.length === 0 || SHORT[name] !== undefined ? [name] : []),
  ...options.filter((option) => option !== 'type' && option !== NESTED).map((option) => `${name}.${option}`),
])

type Tree = { [name: string]: unknown }

/**
 * Options of a fit with what --set says put in: NAME=VALUE between commas, where NAME is a path such as
 * optimizer.beta2, or a config's object of the same. `fit` itself checks what comes out.
 * @throws UsageError where a name is unknown or a setting is none.
 */
export function withSettings(options: FitOptions, text: string | undefined): FitOptions {
  if (text === undefined) return options
  const settings = { ...options } as Tree
  for (const line of text.split('\n')) {
    if (line.startsWith('{')) {
      const parsed = JSON.parse(line) as Tree
      for (const name of Object.keys(parsed)) checkPath([name])
      const { optimizer, stopping } = settings
      Object.assign(settings, parsed)
      // Its rate and decay, and patience, have options of their own.
      if (parsed.optimizer !== undefined) settings.optimizer = { ...(optimizer as Tree), ...(parsed.optimizer as Tree) }
      if (parsed.stopping !== undefined) settings.stopping = { ...(stopping as Tree), ...(parsed.stopping as Tree) }
      continue
    }
    for (const part of line.split(',')) put(settings, part.trim())
  }
  return settings as FitOptions
}

function put(settings: Tree, text: string): void {
  const at = text.indexOf('=')
  const path = text.slice(0, Math.max(0, at)).trim().split('.')
  const [first] = path
  if (at <= 0)
    throw new UsageError(`--set has ${JSON.stringify(text)}; expected NAME=VALUE, such as optimizer.beta2=0.99.`)
  checkPath(path)
  const value = settingValue(text.slice(at + 1))
  if (value === undefined && path.length === 1) {
    delete settings[first]
    return
  }
  settings[first] = putDeep(settings[first], path, value)
}

/** A copy of what a path begins in, with the value where the path ends. */
function putDeep(into: unknown, [name, next, ...rest]: readonly string[], value: unknown): unknown {
  const key = next ?? SHORT[name]
  if (key === undefined) return value
  if (key === 'type') return ofType(name, into, value)
  const type = TYPES[name]
  const tree = isTree(into) ? into : type === undefined ? {} : { type }
  if (key === NESTED) return { ...tree, [key]: putDeep(tree[key], [NESTED, ...rest], value) }
  if (value !== undefined) return { ...tree, [key]: value }
  const { [key]: _, ...without } = tree
  return without
}

/** Another kind has other options, but for optimisers, of which Adam has no weight decay. */
function ofType(name: string, into: unknown, type: unknown): Tree {
  const words = WORDS[name]
  if (words && !words.includes(String(type))) {
    const near = didYouMean(String(type), words)
    throw new UsageError(`--set ${name} is ${JSON.stringify(type)}; expected ${words.join(', ')}. ${near}`.trimEnd())
  }
  if (isTree(into) && into.type === type) return into
  if (name !== 'optimizer') return type === 'warmUp' ? { type, schedule: { type: 'constant' } } : { type }
  return { ...(into as Tree), type, ...(type === 'adam' && { weightDecay: 0 }) }
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A number, true or false, a word, or undefined for "none". */
function settingValue(text: string): unknown {
  const trimmed = text.trim()
  if (trimmed === 'none') return undefined
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true'
  const number = Number(trimmed)
  return trimmed !== '' && !Number.isNaN(number) ? number : trimmed
}

/** What has an option of its own, by names that it may be looked for under. */
const BY_ITSELF: Readonly<Record<string, string>> = {
  lr: 'lr',
  learningRate: 'lr',
  weightDecay: 'weight-decay',
  ...Object.fromEntries(['steps', 'patience', 'validation', 'seed', 'preprocess'].map((name) => [name, name])),
}

/** @throws UsageError where a part of it is unknown. */
function checkPath([name, option, ...rest]: readonly string[]): void {
  const names = Object.keys(OPTIONS)
  if (!Object.hasOwn(OPTIONS, name)) {
    const own = Object.hasOwn(BY_ITSELF, name) ? `That is --${BY_ITSELF[name]}.` : undefined
    const way = own ?? didYouMean(name, names, { otherwise: `It may name ${names.join(', ')}.` })
    throw new UsageError(`--set names ${JSON.stringify(name)}, which is no option of a fit. ${way}`)
  }
  if (option === undefined) return
  const options = OPTIONS[name]
  if (!options.includes(option)) {
    const all = options.length > 0 ? `It has ${options.join(', ')}.` : 'It has none.'
    throw new UsageError(
      `--set names ${JSON.stringify(`${name}.${option}`)}, but ${name} has no such option. ${didYouMean(option, options, { otherwise: all })}`,
    )
  }
  if (rest.length === 0) return
  if (option === NESTED) checkPath([NESTED, ...rest])
  else
    throw new UsageError(
      `--set names ${JSON.stringify([name, option, ...rest].join('.'))}; ${name}.${option} has no options.`,
    )
}

/** The settings of a run that have no option of their own, for its config. */
export function settingsOf({
  optimizer,
  schedule,
  clip,
  average,
  noise,
  batch,
  validationEvery,
  stopping,
}: FitOptions): Tree | undefined {
  const { learningRate: _, weightDecay: __, ...rest } = optimizer ?? {}
  const { patience: ___, ...ownStopping } = stopping ?? {}
  const own = {
    ...(optimizer && { optimizer: rest }),
    schedule,
    clip: Number.isFinite(clip) ? clip : undefined,
    average,
    noise,
    batch: typeof batch === 'object' ? batch : undefined,
    validationEvery,
    stopping: Object.values(ownStopping).some((value) => value !== undefined) ? ownStopping : undefined,
  }
  const said = Object.entries(own).filter(([, value]) => value !== undefined)
  return said.length > 0 ? Object.fromEntries(said) : undefined
}
