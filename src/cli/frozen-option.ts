import { didYouMean } from '../data/nearest-name.js'
import { UsageError } from '../errors.js'
import type { Part } from '../train/frozen.js'
import type { Values } from './values.js'

/** Layers that a flow may have, far more than any has. */
const MOST_LAYERS = 10_000

/** --frozen: numbers of layers and stretches of them, 3-5, and base or embedding, between commas. */
export function frozenOption(values: Values): readonly Part[] | undefined {
  return values.frozen?.split(',').flatMap((text) => parts(text.trim()))
}

function parts(text: string): Part[] {
  if (text === 'base' || text === 'embedding') return [text]
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  const [from, to] = [Number(first), Number(last)]
  if (from <= to && to < MOST_LAYERS) return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  throw new UsageError(
    `--frozen has ${JSON.stringify(text)}; expected layers by their numbers from 0, base or embedding, such as 0,1,3-5 or base. ${didYouMean(text, ['base', 'embedding'])}`.trimEnd(),
  )
}
