import { readFile } from 'node:fs/promises'
import type { BaseSpec } from '../bases/base.js'
import { didYouMean } from '../data/nearest-name.js'
import { asError, UsageError } from '../errors.js'
import type { LayerSpec } from '../layers/layer.js'
import type { EmbeddingSpec } from '../nets/embedding.js'
import { presets } from '../presets/registry.js'
import type { TrainOptions } from './train-options.js'

/** What a flow is built of, and whether its columns are standardised first. */
export interface Architecture {
  readonly layers: readonly LayerSpec[]
  readonly base?: BaseSpec
  readonly embedding?: EmbeddingSpec
  readonly standardise: boolean
}

/** The flow that is fitted where nothing is said: the tutorial's, or of one column, which couples with none, splines. */
export const defaultFlow = (dim: number): string => (dim === 1 ? 'nsf' : 'tutorial')

/**
 * The architecture that --flow and the options beside it name: a preset, or a description of one's own in a JSON file.
 * @throws UsageError where there is none such, or an option is not one of its own.
 */
export async function architecture(
  dim: number,
  { flow = defaultFlow(dim), preset: options }: Pick<TrainOptions, 'flow' | 'preset'>,
): Promise<Architecture> {
  if (flow.startsWith('{')) return read(JSON.parse(flow), '--flow')
  if (flow.endsWith('.json')) return described(flow, Object.keys(options))
  const preset = Object.hasOwn(presets, flow) ? presets[flow] : undefined
  if (!preset) {
    const names = Object.keys(presets)
    const way = didYouMean(flow, names, { otherwise: `Known are ${names.join(', ')}.` })
    throw new UsageError(`--flow is ${JSON.stringify(flow)}, which is no preset and no .json file. ${way}`)
  }
  return { layers: preset.layers(dim, options), base: preset.base, standardise: preset.standardise ?? true }
}

async function described(path: string, beside: readonly string[]): Promise<Architecture> {
  if (beside.length > 0) {
    throw new UsageError(`--${beside[0]} is of presets; ${path} says by itself what its layers are.`)
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new UsageError(`--flow ${path} cannot be read: ${asError(cause).message}.`, { cause })
  }
  return read(parsed, `--flow ${path}`)
}

function read(parsed: unknown, what: string): Architecture {
  const {
    layers,
    base,
    embedding,
    standardise = true,
    ...unknown
  } = (Array.isArray(parsed) ? { layers: parsed } : (parsed ?? {})) as Partial<Architecture> & Record<string, unknown>
  const [key] = Object.keys(unknown)
  const near = didYouMean(key ?? '', ['layers', 'base', 'embedding', 'standardise'])
  if (!Array.isArray(layers) || key !== undefined || typeof standardise !== 'boolean') {
    const held = key === undefined ? 'no list of layers' : `"${key}"`
    throw new UsageError(
      `${what} holds ${held}; expected { "layers": [{ "type": "leakyReLU" }, …] }, and base, embedding, standardise beside them. ${near}`.trimEnd(),
    )
  }
  return { layers, ...(base && { base }), ...(embedding && { embedding }), standardise }
}
