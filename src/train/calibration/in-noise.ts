import type { Matrix } from '../../data/rows.js'
import { columnNames } from '../../flow/column-names.js'
import type { Flow } from '../../flow/flow.js'
import { andersonDarling, andersonDarlingTail } from './anderson-darling.js'
import { baseScores } from './base-scores.js'
import type { FitTest, Tested } from './evidence.js'
import { noiseOf, triangularSigns } from './noise.js'
import { scoreOf, tailsOf } from './normal-scores.js'
import { pitShape } from './pit-shape.js'
import { regularisedGamma } from './regularised-gamma.js'

/**
 * Tests of the noise that a flow maps rows onto, which have their context behind: of each coordinate given those before it,
 * and of the radius, Σⱼ nⱼ² ~ χ² with dim degrees of freedom for normal scores n. Where zⱼ depends on columns up to j alone, a
 * coordinate is the column given those before it. None for a base without scores.
 */
export async function noiseTests(flow: Flow, rows: Matrix, signal?: AbortSignal): Promise<FitTest[]> {
  const toScores = baseScores(flow)
  if (!toScores) return []
  const { dim } = flow
  const scores = toScores(await noiseOf(flow, rows, signal))
  const signs = triangularSigns(flow, rows)
  const names = columnNames(flow)
  const coordinates = Array.from({ length: dim }, (_, j) => {
    const own = Float64Array.from({ length: rows.rows }, (_, i) => scores[i * dim + j] * (signs?.[j] ?? 1))
    return testOf(own, signs ? 'conditional' : 'noise', signs ? names[j] : `z${j + 1}`)
  })
  return dim === 1 ? coordinates : [...coordinates, testOf(radii(scores, dim), 'radius')]
}

function testOf(scores: Float64Array, of: Tested, name?: string): FitTest {
  const statistic = andersonDarling(scores)
  const shape = pitShape(scores.map((score) => tailsOf(score).below))
  return { of, ...(name !== undefined && { name }), statistic, p: andersonDarlingTail(statistic), shape }
}

/** Normal scores of Σⱼ nⱼ², [rows]. */
function radii(scores: Float64Array, dim: number): Float64Array {
  return Float64Array.from({ length: scores.length / dim }, (_, i) => {
    let squares = 0
    for (let j = 0; j < dim; j++) squares += scores[i * dim + j] ** 2
    return scoreOf(regularisedGamma(dim, squares / 2))
  })
}
