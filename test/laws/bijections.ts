import { autoregressiveCases } from './cases/autoregressive.js'
import type { Case } from './cases/case.js'
import { couplingCases } from './cases/couplings.js'
import { elementwiseCases } from './cases/elementwise.js'
import { linearCases } from './cases/linear.js'
import { netCases } from './cases/nets.js'
import { transformerCases } from './cases/transformers.js'
import { waveCases } from './cases/waves.js'

/** Every bijection of the library, over dimensions, masks, nets and contexts. */
export const bijections: readonly Case[] = [
  ...elementwiseCases,
  ...couplingCases,
  ...transformerCases,
  ...autoregressiveCases,
  ...linearCases,
  ...netCases(),
  ...waveCases(),
]
