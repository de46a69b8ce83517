import type { FlowStructure } from '#flow/structure.js'

/**
 * Operations that the mathematics of a flow asks for, per row: a multiplication, an addition, a comparison each count
 * 1; exp, log and tanh count what a good vector evaluation takes, whatever ours takes.
 */
export const COST = { exp: 17, log: 20, tanh: 23 }

interface RowCost {
  readonly forward: number
  readonly backward: number
}

/** Products and sums of a dense layer; its bias starts the sum. */
const dense = (inputs: number, outputs: number) => 2 * inputs * outputs

function couplingCost(mask: readonly number[], hidden: readonly number[]): RowCost {
  const kept = mask.filter((m) => m === 1).length
  const moved = mask.length - kept
  const widths = [kept, ...hidden, 2 * moved]
  const products = widths.slice(1).reduce((sum, width, l) => sum + dense(widths[l], width), 0)
  const units = hidden.reduce((sum, width) => sum + width, 0)
  // a·e^−f, tanh, ·e^f, exp, x + t, ·e, logDet + s
  const couple = moved * (5 + COST.tanh + COST.exp)
  // ds 2, dx 1, 1 − u² 2, da 1, df 5
  const coupleBackward = moved * 11
  const biases = units + 2 * moved
  return {
    forward: products + units * COST.tanh + couple,
    // Weight and input gradients are as many products as the layer; dh (1 − h²) 3 a unit.
    backward: 2 * products + biases + 3 * units + coupleBackward + kept,
  }
}

/** Per coordinate: forward α·x and logDet; backward α·dz, dz·z, + dLogDet, the sum. */
const leakyCost = (dim: number): RowCost => ({ forward: 2 * dim, backward: 4 * dim })

/** A pair of Box–Muller normals, √(−2 ln u)·(cos, sin) 2πv: ln, two polynomials of 8, root and four products. */
const NORMAL = (COST.log + 2 * 8 + 5) / 2

/**
 * Operations a row of a scored row, of a sampled one and of a training step. The inverses of the layers cost what the
 * layers do; Philox, all integers, is not counted.
 */
export function operations({ layers, dim }: FlowStructure): { scored: number; sampled: number; trained: number } {
  const costs = layers.map(({ spec }) =>
    spec.type === 'affineCoupling' ? couplingCost(spec.mask as number[], spec.hidden as number[]) : leakyCost(dim),
  )
  const total = (way: keyof RowCost) => costs.reduce((sum, cost) => sum + cost[way], 0)
  const gaussian = 2 * dim + 3
  return {
    scored: total('forward') + gaussian,
    sampled: total('forward') + dim * NORMAL,
    trained: total('forward') + total('backward') + gaussian + dim,
  }
}
