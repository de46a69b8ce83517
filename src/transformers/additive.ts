import * as v from 'valibot'
import { subtract } from '../kernels/operations/activations.js'
import { add, copy } from '../kernels/operations/memory.js'
import { checkSpec } from '../options.js'
import { shiftTransformer } from './shift.js'
import type { Transformer, TransformerSpec } from './transformer.js'

/** z = x + t, ln|∂z/∂x| = 0; θ = t. Volume is preserved. Source: Dinh et al., NICE, arXiv:1410.8516 §3.2. */
export function additive(): TransformerSpec {
  return { type: 'additive' }
}

export function buildAdditive(spec: TransformerSpec): Transformer {
  checkSpec(spec, v.strictObject({}))
  return shiftTransformer(
    'Additive',
    (pass, { t, from: x, to: z }) => {
      copy(pass, { x, y: z })
      add(pass, { x: t, y: z })
    },
    (pass, { t, from: z, to: x }) => {
      copy(pass, { x: z, y: x })
      subtract(pass, { x: t, y: x })
    },
  )
}
