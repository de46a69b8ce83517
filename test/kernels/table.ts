import type { Case } from './case.js'
import { actNormCases } from './cases/act-norm.js'
import { boundedMapCases } from './cases/bounded-maps.js'
import { coupleCases } from './cases/couple.js'
import { denseCases } from './cases/dense.js'
import { elementwiseCases } from './cases/elementwise.js'
import { fourierCases } from './cases/fourier.js'
import { gaussianCases } from './cases/gaussian.js'
import { hingesCases } from './cases/hinges.js'
import { leakyReLUCases } from './cases/leaky-relu.js'
import { memoryCases } from './cases/memory.js'
import { narrowCouplingCases } from './cases/narrow-coupling.js'
import { optimiserCases } from './cases/optimiser.js'
import { positiveDiagonalCases } from './cases/positive-diagonal.js'
import { quantileSplineCases } from './cases/quantile-spline.js'
import { randomCases } from './cases/random.js'
import { reflectCases } from './cases/reflect.js'
import { rotateCases } from './cases/rotate.js'
import { spreadCases } from './cases/spread.js'
import { standardiseCases } from './cases/standardise.js'
import { trainingCases } from './cases/training.js'
import { triangularCases } from './cases/triangular.js'

/** Every kernel of the contract, at least once. */
export const table: readonly Case[] = [
  ...memoryCases,
  ...spreadCases,
  ...standardiseCases,
  ...elementwiseCases,
  ...denseCases,
  ...hingesCases,
  ...leakyReLUCases,
  ...boundedMapCases,
  ...coupleCases,
  ...narrowCouplingCases,
  ...fourierCases,
  ...gaussianCases,
  ...actNormCases,
  ...triangularCases,
  ...positiveDiagonalCases,
  ...reflectCases,
  ...rotateCases,
  ...quantileSplineCases,
  ...randomCases,
  ...optimiserCases,
  ...trainingCases,
]
