import { UsageError } from '../errors.js'
import type { LayerBuilder } from './registry.js'
import { registerLayer } from './registry.js'

/** Modules whose layers are registered here; a thread imports them before it builds a flow. */
const registered = new Set<string>()

/** What a module of layers exports: builders by the type that their specs carry. */
export interface LayerModule {
  readonly layers: Readonly<Record<string, LayerBuilder>>
}

/**
 * Registers the layers of a module of your own, here and in every thread: `layers`, which it exports, has a builder for
 * each type. Functions cannot cross threads, so that a module says where they come from. Loading a model file runs no
 * code: register its layers first.
 *
 * @throws UsageError where the module has no `layers`, or a type is taken.
 */
export async function registerLayers(module: string | URL): Promise<void> {
  const href = String(module)
  if (registered.has(href)) return
  const { layers } = (await import(href)) as Partial<LayerModule>
  if (typeof layers !== 'object' || layers === null || !Object.values(layers).every((b) => typeof b === 'function')) {
    throw new UsageError(`${href} exports no layers; expected export const layers = { myLayer: buildMyLayer }.`)
  }
  for (const [type, builder] of Object.entries(layers)) registerLayer(type, builder)
  registered.add(href)
}

/** The modules registered so far. */
export function registeredModules(): readonly string[] {
  return [...registered]
}
