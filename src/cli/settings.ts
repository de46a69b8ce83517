import { nearestName } from '../data/nearest-name.js'
import { UsageError } from '../errors.js'
import type { FitOptions } from '../train/options.js'

/** What --set may name, and the type that a value of it has where nothing else is said. */
const TYPES: Readonly<Record<string, string | undefined>> = {
  optimizer: 'adamW',
  schedule: undefined,
  clip: undefined,
  average: 'ema',
  noise: 'noise',
  batch: 'growing',
  validationEvery: undefined,
  stopping: undefined,
}

/** What a number alone stands for: average=0.999 is average.decay=0.999. */
const SHORT: Readonly<Record<string, string | undefined>> = {
  optimizer: 'type',
  schedule: 'type',
  average: 'decay',
  noise: 'sd',
}

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
      for (const name of Object.keys(parsed)) checkName(name)
      const { optimizer } = settings
      Object.assign(settings, parsed)
      // Its rate and decay have options of their own.
      if (parsed.optimizer !== undefined) settings.optimizer = { ...(optimizer as Tree), ...(parsed.optimizer as Tree) }
      continue
    }
    for (const part of line.split(',')) put(settings, part.trim())
  }
  return settings as FitOptions
}

function put(settings: Tree, text: string): void {
  const at = text.indexOf('=')
  const path = text.slice(0, Math.max(0, at)).split('.')
  const [first] = path
  if (at <= 0)
    throw new UsageError(`--set has ${JSON.stringify(text)}; expected NAME=VALUE, such as optimizer.beta2=0.99.`)
  checkName(first)
  const value = settingValue(text.slice(at + 1))
  if (value === undefined) {
    delete settings[first]
    return
  }
  const short = SHORT[first]
  const full = path.length === 1 && short !== undefined ? [first, short] : path
  if (full.length === 1) {
    settings[first] = value
    return
  }
  const type = TYPES[first]
  const target = isTree(settings[first]) ? { ...settings[first] } : { ...(type !== undefined && { type }) }
  // Another kind has other options.
  settings[first] = full[1] === 'type' && target.type !== value ? { type: value } : target
  if (full[1] !== 'type') putDeep(target, full.slice(1), value)
}

function putDeep(target: Tree, [name, ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    target[name] = value
    return
  }
  const inner = isTree(target[name]) ? { ...target[name] } : {}
  target[name] = inner
  putDeep(inner, rest, value)
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A number, a word, or undefined for "none". */
function settingValue(text: string): unknown {
  const trimmed = text.trim()
  if (trimmed === 'none') return undefined
  const number = Number(trimmed)
  return trimmed !== '' && !Number.isNaN(number) ? number : trimmed
}

function checkName(name: string): void {
  if (Object.hasOwn(TYPES, name)) return
  const near = nearestName(name, Object.keys(TYPES))
  const way = near === undefined ? `It may name ${Object.keys(TYPES).join(', ')}.` : `Did you mean ${near}?`
  throw new UsageError(`--set names ${JSON.stringify(name)}, which is no option of a fit. ${way}`)
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
  const own = {
    ...(optimizer && { optimizer: rest }),
    schedule,
    clip: Number.isFinite(clip) ? clip : undefined,
    average,
    noise,
    batch: typeof batch === 'object' ? batch : undefined,
    validationEvery,
    // Patience has an option of its own.
    stopping: stopping?.after === undefined ? undefined : { ...stopping, patience: undefined },
  }
  const said = Object.entries(own).filter(([, value]) => value !== undefined)
  return said.length > 0 ? Object.fromEntries(said) : undefined
}
