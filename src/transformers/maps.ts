import * as v from 'valibot'
import {
  exponentialInverse,
  exponential as exponentialMap,
  hyperbolicTangentInverse,
  hyperbolicTangent as hyperbolicTangentMap,
  logisticInverse,
  logistic as logisticMap,
  sinhArcsinhInverse,
  sinhArcsinh as sinhArcsinhMap,
  softplusInverse,
  softplus as softplusMap,
  softsignInverse,
  softsign as softsignMap,
  symmetricLogInverse,
  symmetricLog as symmetricLogMap,
  yeoJohnsonInverse,
  yeoJohnson as yeoJohnsonMap,
} from '../kernels/operations/index.js'
import { checkSpec } from '../options.js'
import { type MapCall, mapTransformer } from './map.js'
import type { Transformer, TransformerSpec } from './transformer.js'

const none = v.strictObject({})

/** Where x and z of a map stand, forward and inverse. */
const ahead = ({ from: x, to: z, logDet, slope, bend }: MapCall) => ({ x, z, logDet, slope, bend })
const back = ({ from: z, to: x, logDet, slope, bend }: MapCall) => ({ z, x, logDet, slope, bend })

/**
 * z = tanh x, onto (−1, 1): ln|∂z/∂x| = 2(ln 2 − x − ln(1 + e^−2x)). Its inverse takes data on (−1, 1) to the line; a row
 * outside has density 0. No numbers.
 */
export function hyperbolicTangent(): TransformerSpec {
  return { type: 'hyperbolicTangent' }
}

export function buildHyperbolicTangent(spec: TransformerSpec): Transformer {
  checkSpec(spec, none)
  return mapTransformer(
    'Tanh',
    0,
    (pass, call) => hyperbolicTangentMap(pass, ahead(call)),
    (pass, call) => hyperbolicTangentInverse(pass, back(call)),
  )
}

/**
 * The sigmoid z = 1/(1 + e^−x), onto (0, 1): ln|∂z/∂x| = −ln(1 + e^−x) − ln(1 + e^x). Its inverse is the logit; a row
 * outside has density 0. No numbers.
 */
export function logistic(): TransformerSpec {
  return { type: 'logistic' }
}

export function buildLogistic(spec: TransformerSpec): Transformer {
  checkSpec(spec, none)
  return mapTransformer(
    'Sigmoid',
    0,
    (pass, call) => logisticMap(pass, ahead(call)),
    (pass, call) => logisticInverse(pass, back(call)),
  )
}

/**
 * z = x/(1 + |x|), onto (−1, 1): ln|∂z/∂x| = −2 ln(1 + |x|), whose derivative jumps at 0. Its inverse is x = z/(1 − |z|); a
 * row outside has density 0. No numbers.
 */
export function softsign(): TransformerSpec {
  return { type: 'softsign' }
}

export function buildSoftsign(spec: TransformerSpec): Transformer {
  checkSpec(spec, none)
  return mapTransformer(
    'Softsign',
    0,
    (pass, call) => {
      softsignMap(pass, ahead(call))
      pass.branch(call.bend)
    },
    (pass, call) => {
      softsignInverse(pass, back(call))
      pass.branch(call.bend)
    },
  )
}

/** z = ln(1 + e^x), onto the positive numbers: ln|∂z/∂x| = −ln(1 + e^−x). A row outside has density 0. No numbers. */
export function softplus(): TransformerSpec {
  return { type: 'softplus' }
}

export function buildSoftplus(spec: TransformerSpec): Transformer {
  checkSpec(spec, none)
  return mapTransformer(
    'Softplus',
    0,
    (pass, call) => softplusMap(pass, ahead(call)),
    (pass, call) => softplusInverse(pass, back(call)),
  )
}

/** z = e^x, onto the positive numbers: ln|∂z/∂x| = x. Its inverse is the logarithm. A row outside has density 0. */
export function exponential(): TransformerSpec {
  return { type: 'exponential' }
}

export function buildExponential(spec: TransformerSpec): Transformer {
  checkSpec(spec, none)
  return mapTransformer(
    'Exp',
    0,
    (pass, call) => exponentialMap(pass, ahead(call)),
    (pass, call) => exponentialInverse(pass, back(call)),
  )
}

/**
 * z = sinh(e^raw·asinh x + ε): ε bends to one side, raw makes tails lighter (> 0) or heavier; θ = (ε, raw). Beyond ±20 sinh
 * and asinh go on by their tangents. Source: Jones & Pewsey, Sinh-arcsinh distributions, Biometrika 96 (2009) §2.
 */
export function sinhArcsinh(): TransformerSpec {
  return { type: 'sinhArcsinh' }
}

export function buildSinhArcsinh(spec: TransformerSpec): Transformer {
  checkSpec(spec, none)
  const named = ({ theta: [skew, raw], f: [fSkew, fRaw], g: [gSkew, gRaw] }: MapCall) => ({
    skew,
    raw,
    fSkew,
    fRaw,
    gSkew,
    gRaw,
  })
  return mapTransformer(
    'Sinh-arcsinh',
    2,
    (pass, call) => sinhArcsinhMap(pass, { ...ahead(call), ...named(call) }),
    (pass, call) => sinhArcsinhInverse(pass, { ...back(call), ...named(call) }),
  )
}

/**
 * z = sign(x)·ln(1 + |x|), of the line onto the line, the identity about 0: ln|∂z/∂x| = −ln(1 + |x|), whose derivative jumps
 * at 0. It brings heavy tails in; in its inverse an x beyond the largest number is held there. No numbers.
 */
export function symmetricLog(): TransformerSpec {
  return { type: 'symmetricLog' }
}

export function buildSymmetricLog(spec: TransformerSpec): Transformer {
  checkSpec(spec, none)
  return mapTransformer(
    'Symmetric log',
    0,
    (pass, call) => {
      symmetricLogMap(pass, ahead(call))
      pass.branch(call.bend)
    },
    (pass, call) => {
      symmetricLogInverse(pass, back(call))
      pass.branch(call.bend)
    },
  )
}

/**
 * The power transform z = ((1 + x)^λ − 1)/λ for x ≥ 0, −((1 − x)^(2−λ) − 1)/(2 − λ) below, with λ = 2/(1 + e^−raw) in (0, 2);
 * θ = raw, and 0 is the identity. Source: Yeo & Johnson, Biometrika 87 (2000).
 */
export function yeoJohnson(): TransformerSpec {
  return { type: 'yeoJohnson' }
}

export function buildYeoJohnson(spec: TransformerSpec): Transformer {
  checkSpec(spec, none)
  const named = ({ theta: [raw], f: [fRaw], g: [gRaw] }: MapCall) => ({ raw, fRaw, gRaw })
  return mapTransformer(
    'Power',
    1,
    (pass, call) => yeoJohnsonMap(pass, { ...ahead(call), ...named(call) }),
    (pass, call) => yeoJohnsonInverse(pass, { ...back(call), ...named(call) }),
  )
}
