import type { FitTest } from './evidence.js'
import { largestPart, shapeText } from './pit-shape.js'

/** Tests that a sentence names, at most. */
const MOST_NAMED = 3
/** The least p-value that is told: below it one is 0 in float64 soon. */
const LEAST_P = 1e-300

/** What is said first: what needs no test, then which columns. */
const RANK = { support: 0, conditional: 1, margin: 1, noise: 2, radius: 2, density: 2, joint: 2 }

export interface Summary {
  readonly rows: number
  readonly p: number | null
  /** Tests that contradict the model. */
  readonly failed: readonly (FitTest & { readonly corrected: number })[]
}

/** Whether rows contradict a model, and where, in a sentence. */
export function goodnessText({ rows, p, failed }: Summary): string {
  if (p === null)
    return `${rows === 1 ? '1 held-out row is' : `${rows} held-out rows are`} too few to contradict the model.`
  if (failed.length === 0) return `Held-out rows do not contradict the model (smallest corrected ${pText(p)}).`
  const sorted = failed.toSorted((a, b) => RANK[a.of] - RANK[b.of] || a.corrected - b.corrected)
  const named = sorted.slice(0, MOST_NAMED).map((test) => `${testText(test)}: ${pText(test.corrected)})`)
  const more = sorted.length - named.length
  return `Held-out rows contradict the model: ${named.join(', ')}${more > 0 ? `, and ${more} more` : ''}.`
}

/** All but the p-value and what closes it. */
function testText({ of, name, statistic, shape }: FitTest): string {
  const wrong = shape ? shapeText(shape) : ''
  switch (of) {
    case 'conditional':
    case 'margin':
      return `column ${JSON.stringify(name)} (${wrong}`
    case 'noise':
      return `noise ${name} (${wrong}`
    case 'radius':
      return `distance from the centre of the noise (${shape ? distanceText(shape) : ''}`
    case 'density':
      return `density at the rows (${shape && shape.shift > 0 ? 'higher' : 'lower'} than at samples`
    case 'joint':
      return 'all columns together (energy distance'
    case 'support':
      return `${statistic === 1 ? '1 row' : `${statistic} rows`} (density 0`
  }
}

function distanceText(shape: NonNullable<FitTest['shape']>): string {
  const part = largestPart(shape)
  if (part === 'shift') return shape.shift > 0 ? 'rows lie too far out' : 'rows lie too near'
  if (part === 'spread')
    return shape.spread > 0 ? 'rows lie too near or too far out' : 'rows lie too rarely near or far out'
  return 'of another shape'
}

function pText(p: number): string {
  if (p < LEAST_P) return 'p < 1e-300'
  return `p = ${p < 1e-3 ? p.toExponential(0) : Number(p.toPrecision(2))}`
}
