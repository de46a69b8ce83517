import {
  alternatingMask,
  coupling,
  type Flow,
  flow,
  type LayerSpec,
  mlp,
  nsfAutoregressive,
  permutation,
  rationalQuadratic,
} from 'pushforward'

export type Structure = 'coupling' | 'autoregressive'

/** A flow of rational-quadratic splines on [−box, box] with ReLU nets. */
export interface SplineFlow {
  readonly dim: number
  readonly structure: Structure
  readonly layers: number
  readonly bins: number
  readonly box: number
  readonly hidden: readonly number[]
}

export interface SplineWorkload extends SplineFlow {
  /** What `--workloads` calls its training; what scores and samples has `evaluate-` in front. */
  readonly name: string
  /** Rows of a step. */
  readonly batch: number
  /** Rows scored, and drawn. */
  readonly evaluated: number
}

/** zuko has no other box. */
const common = { bins: 8, box: 5 }
const couplings = { ...common, structure: 'coupling', layers: 8 } as const
const autoregressions = { ...common, structure: 'autoregressive', layers: 3 } as const
const two = { dim: 2, batch: 256, evaluated: 1_000_000 }
const many = { dim: 21, batch: 512, evaluated: 125_000 }

export const splineWorkloads: readonly SplineWorkload[] = [
  { name: 'spline-2', ...couplings, ...two, hidden: [50, 50] },
  { name: 'spline-autoregressive-2', ...autoregressions, ...two, hidden: [64, 64] },
  { name: 'spline-21', ...couplings, ...many, hidden: [128, 128] },
  { name: 'spline-autoregressive-21', ...autoregressions, ...many, hidden: [128, 128] },
]

export const evaluationOf = ({ name }: SplineWorkload) => `evaluate-${name}`

export const splineLabel = ({ layers, structure, dim, hidden }: SplineWorkload) =>
  `${layers} × ${structure}, ${dim} columns, [${hidden.join(', ')}]`

/** The flow, always with the same weights. */
export function buildSplines({ dim, structure, layers, bins, box, hidden }: SplineFlow): Flow<'float32'> {
  const chain =
    structure === 'coupling'
      ? Array.from({ length: layers }, (_, i) => couple(dim, i, { bins, box }, hidden)).flat()
      : nsfAutoregressive(dim, { layers, bins, box, hidden })
  return flow(dim, chain, { seed: 42 })
}

/** Halves of the columns take turns; where there are more than two, columns change places as they do in the peers. */
function couple(
  dim: number,
  i: number,
  spline: Pick<SplineFlow, 'bins' | 'box'>,
  hidden: readonly number[],
): LayerSpec[] {
  const layer = coupling({
    mask: alternatingMask(dim, i),
    transformer: rationalQuadratic(spline),
    conditioner: mlp({ hidden, activation: 'relu' }),
  })
  return dim > 2 ? [layer, permutation({ seed: i })] : [layer]
}
