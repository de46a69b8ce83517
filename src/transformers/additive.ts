import * as v from 'valibot'
import { subtract } from '../kernels/operations/activations.js'
import { add, copy, fill } from '../kernels/operations/memory.js'
import { part } from '../kernels/pass.js'
import { checkSpec } from '../options.js'
import type { Transformer, TransformerSpec } from './transformer.js'

/** z = x + t, ln|∂z/∂x| = 0; θ = t. Volume is preserved. Source: Dinh et al., NICE, arXiv:1410.8516 §3.2. */
export function additive(): TransformerSpec {
  return { type: 'additive' }
}

export function buildAdditive(spec: TransformerSpec): Transformer {
  checkSpec(spec, v.strictObject({}))
  return {
    label: 'Additive',
    numbers: 1,
    parameters: [],
    initialise() {},
    forward(pass, { theta, from: x, to: z }) {
      copy(pass, { x, y: z })
      add(pass, { x: part(theta, 0), y: z })
      /** dx = dz, dt = dz */
      return ({ dTo: dz, dFrom: dx, dTheta }) => {
        copy(pass, { x: dz, y: dx })
        copy(pass, { x: dz, y: part(dTheta, 0) })
      }
    },
    inverse(pass, { theta, from: z, to: x }) {
      copy(pass, { x: z, y: x })
      subtract(pass, { x: part(theta, 0), y: x })
      /** dz = dx, dt = −dx */
      return ({ dTo: dx, dFrom: dz, dTheta }) => {
        copy(pass, { x: dx, y: dz })
        fill(pass, { value: 0, y: part(dTheta, 0) })
        subtract(pass, { x: dx, y: part(dTheta, 0) })
      }
    },
  }
}
