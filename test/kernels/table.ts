import type { Case } from './case.js'
import { coupleCases } from './cases/couple.js'
import { denseCases } from './cases/dense.js'
import { elementwiseCases } from './cases/elementwise.js'
import { gaussianCases } from './cases/gaussian.js'
import { leakyReLUCases } from './cases/leaky-relu.js'
import { memoryCases } from './cases/memory.js'
import { narrowCouplingCases } from './cases/narrow-coupling.js'
import { optimiserCases } from './cases/optimiser.js'
import { randomCases } from './cases/random.js'
import { standardiseCases } from './cases/standardise.js'

/** Every kernel of the contract, at least once. */
export const table: readonly Case[] = [
  ...memoryCases,
  ...standardiseCases,
  ...elementwiseCases,
  ...denseCases,
  ...leakyReLUCases,
  ...coupleCases,
  ...narrowCouplingCases,
  ...gaussianCases,
  ...randomCases,
  ...optimiserCases,
]
