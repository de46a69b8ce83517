import * as v from 'valibot'
import { positiveDiagonal, positiveDiagonalBackward } from '../kernels/operations/positive-diagonal.js'
import {
  lowerProduct,
  lowerProductBackward,
  lowerSolve,
  lowerSolveBackward,
  upperProduct,
  upperProductBackward,
  upperSolve,
  upperSolveBackward,
} from '../kernels/operations/triangular.js'
import type { Pass, Span } from '../kernels/pass.js'
import { checkSpec, integer } from '../options.js'
import { exp, ln } from '../random/elementary.js'
import type { Layer, LayerSpec } from './layer.js'
import { randomOrder } from './permutation.js'
import { reorder, undone } from './reorder.js'

/** What a linear layer has beside its two triangles. */
export interface LULinearOptions {
  /** Whether a bias is added; default true. */
  readonly bias?: boolean
  /** Of a random order that columns are put in behind the product; default none. */
  readonly permutationSeed?: number
}

/** What the diagonal of U has at least: no training makes the matrix singular. */
const LEAST_DIAGONAL = 1e-3
/** softplus(this) + 1e-3 = 1 */
const RAW_OF_ONE = ln(exp(1 - LEAST_DIAGONAL) - 1)

/**
 * A linear map by its factors, z = P (L U x + b): L lower with ones on its diagonal, U upper with diagonal
 * softplus(raw) + 1e-3, P a fixed order of columns. ln|det ∂z/∂x| = Σ ln diag U; the inverse solves twice.
 *
 * Parameters: lower [dim(dim − 1)/2], L's entries row by row, (1,0), (2,0), (2,1), …; upper [dim(dim − 1)/2], U's right of
 * its diagonal, (0,1), (0,2), …, (1,2), …; raw [dim]; bias [dim]. It starts as P alone. Source: Kingma & Dhariwal, Glow,
 * arXiv:1807.03039 §3.2; the diagonal as in nflows.
 *
 * @throws UsageError, when a flow is made of it, where an option is not of its kind.
 */
export function luLinear(options: LULinearOptions = {}): LayerSpec {
  return { type: 'luLinear', ...options }
}

const schema = v.strictObject({
  bias: v.optional(v.boolean('true or false'), true),
  permutationSeed: v.optional(integer(0)),
})

export function buildLULinear(spec: LayerSpec, dim: number): Layer {
  const { bias: biased, permutationSeed } = checkSpec(spec, schema)
  const order = permutationSeed === undefined ? undefined : randomOrder(permutationSeed, dim)
  const back = order && undone(order)
  const entries = (dim * (dim - 1)) / 2
  const floor = LEAST_DIAGONAL
  return {
    spec,
    label: 'LU Linear',
    parameters: [
      { name: 'lower', shape: [entries] },
      { name: 'upper', shape: [entries] },
      { name: 'raw', shape: [dim] },
      ...(biased ? [{ name: 'bias', shape: [dim] }] : []),
    ],
    initialise({ lower, upper, raw, bias }) {
      lower.fill(0)
      upper.fill(0)
      raw.fill(RAW_OF_ONE)
      bias?.fill(0)
    },
    forward(pass, { params: { lower, upper, raw, bias }, from: x, to: z, logDet }) {
      const [diagonal, y] = [pass.tape(dim), pass.tape(dim, pass.rows)]
      positiveDiagonal(pass, { floor, sign: 1, raw, diagonal, logDet })
      upperProduct(pass, { weight: upper, diagonal, x, y })
      const product = order ? pass.tape(dim, pass.rows) : z
      lowerProduct(pass, { weight: lower, bias, x: y, y: product })
      if (order) reorder(pass, order, product, z)
      /**
       * With y = U x and z = L y + b (P aside, which gives dz its order back):
       *   dL += Σₜ dz yᵀ,  db += Σₜ dz,  dy = Lᵀ dz
       *   dU += Σₜ dy xᵀ,  dx = Uᵀ dy
       *   draw += (dU_ii + Σₜ dLogDet / u_i) σ(raw)   (logDet = Σ ln u_i, u = softplus(raw) + 1e-3)
       */
      return ({ dParams, dTo, dFrom: dx, dLogDet }) => {
        const [dy, dDiagonal] = [pass.scratch(dim, pass.rows), pass.scratch(dim)]
        const dz = inOrder(pass, back, dTo)
        const [dLower, dBias, dUpper] = [dParams.lower, dParams.bias, dParams.upper]
        lowerProductBackward(pass, { weight: lower, x: y, dy: dz, dx: dy, dWeight: dLower, dBias })
        upperProductBackward(pass, { weight: upper, diagonal, x, dy, dx, dWeight: dUpper, dDiagonal })
        positiveDiagonalBackward(pass, { sign: 1, raw, diagonal, dDiagonal, dLogDet, dRaw: dParams.raw })
      }
    },
    inverse(pass, { params: { lower, upper, raw, bias }, from, to: x, logDet }) {
      const [diagonal, y] = [pass.tape(dim), pass.tape(dim, pass.rows)]
      positiveDiagonal(pass, { floor, sign: -1, raw, diagonal, logDet })
      const z = inOrder(pass, back, from)
      lowerSolve(pass, { weight: lower, bias, x: z, y })
      upperSolve(pass, { weight: upper, diagonal, x: y, y: x })
      /**
       * With y = L⁻¹ (z − b) and x = U⁻¹ y, from d(T⁻¹ v) = T⁻¹ (dv − dT T⁻¹ v):
       *   dy = U⁻ᵀ dx,  dU −= Σₜ dy xᵀ
       *   dz = L⁻ᵀ dy,  dL −= Σₜ dz yᵀ,  db −= Σₜ dz
       *   draw += (dU_ii − Σₜ dLogDet / u_i) σ(raw)   (the inverse subtracts Σ ln u_i from the log-det)
       */
      return ({ dParams, dTo: dx, dFrom, dLogDet }) => {
        const [dy, dDiagonal] = [pass.scratch(dim, pass.rows), pass.scratch(dim)]
        const dz = order ? pass.scratch(dim, pass.rows) : dFrom
        const [dLower, dBias, dUpper] = [dParams.lower, dParams.bias, dParams.upper]
        upperSolveBackward(pass, { weight: upper, diagonal, y: x, dy: dx, dx: dy, dWeight: dUpper, dDiagonal })
        lowerSolveBackward(pass, { weight: lower, y, dy, dx: dz, dWeight: dLower, dBias })
        positiveDiagonalBackward(pass, { sign: -1, raw, diagonal, dDiagonal, dLogDet, dRaw: dParams.raw })
        if (order) reorder(pass, order, dz, dFrom)
      }
    },
  }
}

/** The coordinates in an order, where there is one; they are needed no longer than a pass of the layer. */
function inOrder(pass: Pass, order: readonly number[] | undefined, from: Span): Span {
  if (!order) return from
  const to = pass.scratch(...from.shape)
  reorder(pass, order, from, to)
  return to
}
