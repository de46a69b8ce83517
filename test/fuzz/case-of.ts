import { ANY_BYTES, type Damage } from './damage-bytes.js'
import { draws, oneOf } from './draws.js'

/** A file to damage. */
export interface Seed {
  readonly name: string
  readonly bytes: Buffer
}

/** What a case reads, and how it came to be. */
export interface Case {
  readonly bytes: Buffer
  readonly seed: Seed
  readonly how: 'cut' | 'damaged' | 'harmless' | 'whole'
}

export interface Damages {
  readonly seeds: readonly Seed[]
  readonly damages: readonly Damage[]
  /** What changes nothing of what is read. */
  readonly harmless: readonly Damage[]
}

/** Cases that are harmless, one of so many. */
const HARMLESS = 16

/**
 * Case `index` of `count`: first every seed whole, then every seed cut off at every offset (at some of them, other ones for
 * another seed, where `count` is less than twice as many), then damage.
 */
export function caseOf(format: Damages, index: number, count: number, seed: number): Case {
  const { seeds, damages, harmless } = format
  if (index < seeds.length) return { bytes: seeds[index].bytes, seed: seeds[index], how: 'whole' }
  const offsets = seeds.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const cuts = Math.min(offsets, Math.floor(count / 2))
  const cut = index - seeds.length
  if (cut < cuts) {
    let at = Math.floor(((cut + (seed % 1000) / 1000) * offsets) / cuts)
    for (const own of seeds) {
      if (at < own.bytes.length) return { bytes: own.bytes.subarray(0, at), seed: own, how: 'cut' }
      at -= own.bytes.length
    }
  }
  const draw = draws(seed, index)
  const own = oneOf(draw, seeds)
  if (harmless.length > 0 && draw(HARMLESS) === 0)
    return { bytes: oneOf(draw, harmless)(own.bytes, draw), seed: own, how: 'harmless' }
  let bytes = oneOf(draw, damages)(own.bytes, draw)
  while (draw(8) === 0 && bytes.length > 16 && bytes.length < 2 ** 16) bytes = oneOf(draw, ANY_BYTES)(bytes, draw)
  return { bytes, seed: own, how: 'damaged' }
}
