import * as v from 'valibot'
import { clampedAffine, clampedAffineInverse } from '../kernels/operations/affine-maps.js'
import { copy } from '../kernels/operations/memory.js'
import type { Pass, Span } from '../kernels/pass.js'
import { checkSpec, number } from '../options.js'
import { mapTransformer } from './map.js'
import type { Transformer, TransformerSpec } from './transformer.js'

/** How far an affine transformer may stretch. */
export interface AffineOptions {
  /** c, beyond which no |s| goes; default 3. */
  readonly clamp?: number
}

/**
 * z = (x + t)·e^s, ln|∂z/∂x| = s = a/(1 + |a|/c), so that |s| < c whatever a net says; θ = (a, t). Two numbers a coordinate.
 * Source: Dinh et al., RealNVP, arXiv:1605.08803 §3; the clamp is that of Ardizzone et al.'s FrEIA, made algebraic.
 */
export function affine({ clamp }: AffineOptions = {}): TransformerSpec {
  return { type: 'affine', ...(clamp !== undefined && { clamp }) }
}

const schema = v.strictObject({
  clamp: v.optional(
    number('a number above 0, at most 80', (c) => c > 0 && c <= 80),
    3,
  ),
})

export function buildAffine(spec: TransformerSpec): Transformer {
  const { clamp: bound } = checkSpec(spec, schema)
  return mapTransformer(
    'Affine',
    2,
    (pass, { theta: [a, t], from: x, to: z, logDet, slope, bend, f: [fA, fT], g: [gA, gT] }) => {
      clampedAffine(pass, { bound, a, t, x, z, logDet, slope, bend, fA, gA })
      // ∂z/∂t is the slope, and ln f′ does not depend on t.
      copyDerivatives(pass, { slope, bend, fT, gT })
    },
    (pass, { theta: [a, t], from: z, to: x, logDet, slope, bend, f: [fA, fT], g: [gA, gT] }) => {
      clampedAffineInverse(pass, { bound, a, t, z, x, logDet, slope, bend, fA, gA })
      copyDerivatives(pass, { slope, bend, fT, gT })
    },
  )
}

function copyDerivatives(pass: Pass, { slope, bend, fT, gT }: Record<'slope' | 'bend' | 'fT' | 'gT', Span>): void {
  copy(pass, { x: slope, y: fT })
  copy(pass, { x: bend, y: gT })
}
