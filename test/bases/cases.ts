import {
  type BaseSpec,
  contaminated,
  diagonalNormal,
  fullNormal,
  gaussianMixture,
  mlp,
  standardNormal,
  studentT,
  uniformBox,
} from 'pushforward'

/** A base under the laws: one line a case. */
export interface Case {
  readonly name: string
  readonly base: BaseSpec
  readonly dim: number
  readonly contextDim?: number
  /** A number of the base by which its density is constant, so that drawing it wide would test nothing. */
  readonly fixed?: boolean
}

/** Nets whose last layer is not 0, so that what comes before it counts. */
const conditioner = mlp({ hidden: [5], lastLayerScale: 1 })

const covariance = [
  [2, 0.6, -0.3],
  [0.6, 1, 0.2],
  [-0.3, 0.2, 0.5],
]

/** Every base, over dimensions, learnable, fixed, and by a context. A new base costs a line. */
export const bases: readonly Case[] = [
  { name: 'standardNormal, 2-D', base: standardNormal(), dim: 2, fixed: true },
  { name: 'diagonalNormal, 1-D', base: diagonalNormal(), dim: 1 },
  { name: 'diagonalNormal, 3-D', base: diagonalNormal({ mean: [1, -2, 0], sd: [0.5, 2, 1] }), dim: 3 },
  { name: 'diagonalNormal, fixed', base: diagonalNormal({ mean: 1, sd: 2, learnable: false }), dim: 3, fixed: true },
  { name: 'diagonalNormal, context', base: diagonalNormal({ sd: 2, conditioner }), dim: 2, contextDim: 3 },
  { name: 'fullNormal, 1-D', base: fullNormal(), dim: 1 },
  { name: 'fullNormal, 3-D', base: fullNormal({ mean: [1, -2, 0], covariance }), dim: 3 },
  { name: 'fullNormal, 6-D', base: fullNormal(), dim: 6 },
  { name: 'fullNormal, fixed', base: fullNormal({ covariance, learnable: false }), dim: 3, fixed: true },
  { name: 'fullNormal, context', base: fullNormal({ covariance, conditioner }), dim: 3, contextDim: 2 },
  { name: 'uniformBox', base: uniformBox({ low: -9, high: [9, 10, 11] }), dim: 3, fixed: true },
  { name: 'studentT, 1-D', base: studentT(), dim: 1 },
  { name: 'studentT, 3-D', base: studentT({ degrees: [1, 4, 100], location: 1, scale: 2 }), dim: 3 },
  { name: 'studentT, fixed', base: studentT({ degrees: [0.7, 30], learnable: false }), dim: 2, fixed: true },
  { name: 'studentT, context', base: studentT({ degrees: 3, conditioner }), dim: 2, contextDim: 2 },
  { name: 'gaussianMixture, 1 component', base: gaussianMixture({ components: 1 }), dim: 2 },
  { name: 'gaussianMixture, 3 components', base: gaussianMixture({ components: 3, weights: [1, 2, 4] }), dim: 3 },
  { name: 'gaussianMixture, 1-D', base: gaussianMixture({ components: 4 }), dim: 1 },
  { name: 'gaussianMixture, fixed', base: gaussianMixture({ components: 2, learnable: false }), dim: 2, fixed: true },
  { name: 'gaussianMixture, context', base: gaussianMixture({ components: 3, conditioner }), dim: 2, contextDim: 1 },
  { name: 'contaminated, 3-D', base: contaminated({ share: 0.2 }), dim: 3, fixed: true },
  {
    name: 'contaminated mixture',
    base: contaminated({ base: gaussianMixture({ components: 3 }), share: 0.3 }),
    dim: 2,
  },
  { name: 'contaminated, both learnt', base: contaminated({ base: studentT(), by: fullNormal(), share: 0.3 }), dim: 2 },
  {
    name: 'contaminated normal, context',
    base: contaminated({ base: fullNormal({ covariance, conditioner }), share: 0.3 }),
    dim: 3,
    contextDim: 2,
  },
]
