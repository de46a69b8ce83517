import type { Model } from '../flow/ensemble.js'
import { loadModel as load } from '../io/save-flow.js'
import type { KernelChoice } from '../kernels/create.js'
import { warn } from './output.js'
import { modelPath } from './run-folder.js'

/** MODEL of a command line; warns of one whose training diverged. */
export async function loadModel(argument: string, options: { kernels?: KernelChoice } = {}): Promise<Model> {
  const model = await load(await modelPath(argument), options)
  warnIfDiverged(model)
  return model
}

export function warnIfDiverged({ training }: Model): void {
  if (training) warn(`${DIVERGED} Train it anew, at a lower learning rate (--lr), before you rely on it.`)
}

/** Of a flow that says so of its training. */
export const DIVERGED = 'The training of this model diverged; it holds the best weights from before that.'
