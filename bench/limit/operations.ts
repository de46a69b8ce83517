import type { FlowStructure } from '#flow/structure.js'
import type { RecordableName } from '#kernels/recording.js'

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

/** A transformed coordinate: a·e^−f, tanh, ·e^f, exp, x + t, ·e, logDet + s */
const COUPLE = 5 + COST.tanh + COST.exp
/** ds 2, dx 1, 1 − u² 2, da 1, df 5 */
const COUPLE_BACKWARD = 11
/** dh (1 − h²) */
const TANH_BACKWARD = 3

function couplingCost(mask: readonly number[], hidden: readonly number[]): RowCost {
  const kept = mask.filter((m) => m === 1).length
  const moved = mask.length - kept
  const widths = [kept, ...hidden, 2 * moved]
  const products = widths.slice(1).reduce((sum, width, l) => sum + dense(widths[l], width), 0)
  const units = hidden.reduce((sum, width) => sum + width, 0)
  const biases = units + 2 * moved
  return {
    forward: products + units * COST.tanh + moved * COUPLE,
    // Weight and input gradients are as many products as the layer.
    backward: 2 * products + biases + TANH_BACKWARD * units + moved * COUPLE_BACKWARD + kept,
  }
}

/** Per coordinate: forward α·x and logDet; backward α·dz, dz·z, + dLogDet, the sum. */
const leakyCost = (dim: number): RowCost => ({ forward: 2 * dim, backward: 4 * dim })

/** −½ Σ z² + logDet, and −z · dLogProb */
const gaussianCost = (dim: number): RowCost => ({ forward: 2 * dim + 3, backward: dim })

/** Operations of a call of a kernel, by its leading counts; what only moves numbers has none. */
const KERNEL: Record<RecordableName, (a: number, b: number, c: number) => number> = {
  fill: () => 0,
  copy: () => 0,
  add: (n) => n,
  exp: (n) => COST.exp * n,
  log: (n) => COST.log * n,
  tanh: (n) => COST.tanh * n,
  tanhBackward: (n) => TANH_BACKWARD * n,
  relu: (n) => n,
  reluBackward: (n) => n,
  dense: (outDim, inDim, rows) => rows * dense(inDim, outDim),
  denseWeightGradient: (outDim, inDim, rows) => rows * (dense(inDim, outDim) + outDim),
  denseInputGradient: (outDim, inDim, rows) => rows * dense(inDim, outDim),
  leakyReLU: (dim, rows) => rows * leakyCost(dim).forward,
  leakyReLUInverse: (dim, rows) => rows * leakyCost(dim).forward,
  leakyReLUBackward: (dim, rows) => rows * leakyCost(dim).backward,
  leakyReLUInverseBackward: (dim, rows) => rows * leakyCost(dim).backward,
  affineCouple: (rows) => rows * COUPLE,
  affineCoupleInverse: (rows) => rows * COUPLE,
  affineCoupleBackward: (rows) => rows * COUPLE_BACKWARD,
  affineCoupleInverseBackward: (rows) => rows * COUPLE_BACKWARD,
  narrowCoupling: (hidden, rows) => rows * couplingCost([1, 0], [hidden]).forward,
  narrowCouplingInverse: (hidden, rows) => rows * couplingCost([1, 0], [hidden]).forward,
  narrowCouplingBackward: (hidden, rows) => rows * couplingCost([1, 0], [hidden]).backward,
  leakyNarrowCoupling: (hidden, rows) => rows * (leakyCost(2).forward + couplingCost([1, 0], [hidden]).forward),
  leakyNarrowCouplingBackward: (hidden, rows) =>
    rows * (leakyCost(2).backward + couplingCost([1, 0], [hidden]).backward),
  gaussian: (dim, rows) => rows * gaussianCost(dim).forward,
  gaussianBackward: (dim, rows) => rows * gaussianCost(dim).backward,
}

export function kernelOperations(name: RecordableName, args: ArrayLike<number>): number {
  return KERNEL[name](args[0], args[1], args[2])
}

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
  const gaussian = gaussianCost(dim)
  return {
    scored: total('forward') + gaussian.forward,
    sampled: total('forward') + dim * NORMAL,
    trained: total('forward') + total('backward') + gaussian.forward + gaussian.backward,
  }
}
