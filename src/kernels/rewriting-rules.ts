import type { Declaration } from './operation.js'
import {
  leakyNarrowCoupling,
  leakyNarrowCouplingBackward,
  narrowCoupling,
  narrowCouplingBackward,
  narrowCouplingInverse,
} from './operations/index.js'
import { type Call, countsOf, lengthOf, part, type Span, strideOf } from './pass.js'

/** Neighbouring calls of these operations as others that leave what they would, but for `unwritten`. */
export interface Rule {
  readonly names: readonly string[]
  /** Undefined where the calls do not hang together as the rule asks for. */
  rewrite(...calls: readonly Call[]): { readonly call: Call; readonly unwritten: readonly Span[] } | undefined
}

const spans = ({ given }: Call) => given as Readonly<Record<string, Span>>

function call(operation: Declaration, given: Record<string, Span>): Call {
  return { operation, given, counts: countsOf(operation, given) }
}

/** Whether two spans are the same numbers, in whatever shape; none of them has slices apart. */
const same = (a: Span, b: Span) => a.at === b.at && lengthOf(a.shape) === lengthOf(b.shape)

/** Whether a and b are the two rows of a cloud [2, rows]. */
const arePair = (cloud: Span, a: Span, b: Span) =>
  cloud.shape[0] === 2 && same(part(cloud, 0), a) && same(part(cloud, 1), b)

/** The parameters of a narrow coupling as one array, where they lie as its kernels have them. */
function together(
  hidden: number,
  w1: Span,
  b1: Span | undefined,
  w2: Span,
  b2: Span | undefined,
  f: Span,
): Span | undefined {
  const { at, gradient } = w1
  const whole = strideOf(w1) === 1 && strideOf(w2) === hidden
  const following =
    b1?.at === at + hidden && w2.at === at + 2 * hidden && b2?.at === at + 4 * hidden && f.at === at + 4 * hidden + 2
  return whole && following ? { at, shape: [4 * hidden + 3], ...(gradient && { gradient }) } : undefined
}

/** A net of one tanh layer from one coordinate to (a, t), and the affine couple of one coordinate. */
function narrow(inverse: boolean): Rule {
  return {
    names: ['dense', 'tanh', 'dense', 'copy', inverse ? 'affineCoupleInverse' : 'affineCouple'],
    rewrite(first, squash, second, keep, couple) {
      const { hidden: H, ok } = netOf(first, second)
      const [one, two, bent, kept, c] = [first, second, squash, keep, couple].map(spans)
      const params = together(H, one.weight, one.bias, two.weight, two.bias, c.f)
      const chained = same(bent.x, one.y) && same(bent.y, one.y) && same(two.x, one.y) && same(kept.x, one.x)
      if (!ok || !params || !chained || !arePair(two.y, c.a, c.t)) return undefined
      const { a, t, x, z, logDet, u, e } = c
      const net = { params, kept: part(one.x, 0), h: one.y, a, logDet, u, e }
      return inverse
        ? { call: call(narrowCouplingInverse, { ...net, z, xKept: kept.y, x, t }), unwritten: [] }
        : { call: call(narrowCoupling, { ...net, x, zKept: kept.y, z }), unwritten: [t] }
    },
  }
}

/** The widths of dense layers, of which the first must have one input and the second two outputs. */
function netOf(first: Call, second: Call): { hidden: number; ok: boolean } {
  const hidden = first.counts.outDim
  return { hidden, ok: first.counts.inDim === 1 && second.counts.outDim === 2 && second.counts.inDim === hidden }
}

const narrowBackward: Rule = {
  names: [
    'affineCoupleBackward',
    'denseWeightGradient',
    'denseInputGradient',
    'tanhBackward',
    'denseWeightGradient',
    'denseInputGradient',
    'copy',
    'add',
  ],
  rewrite(couple, secondWeights, secondInputs, squash, firstWeights, firstInputs, keep, join) {
    const { hidden: H, ok } = netOf(firstWeights, secondWeights)
    const [c, w2, i2, bent, w1, i1, kept, sum] = [
      couple,
      secondWeights,
      secondInputs,
      squash,
      firstWeights,
      firstInputs,
      keep,
      join,
    ].map(spans)
    const params = together(
      H,
      i1.weight,
      { ...i1.weight, at: i1.weight.at + H },
      i2.weight,
      { ...i2.weight, at: i2.weight.at + 2 * H },
      c.f,
    )
    const dParams = together(H, w1.dWeight, w1.dBias, w2.dWeight, w2.dBias, c.df)
    const outputs = arePair(w2.dy, c.da, c.dt) && same(i2.dy, w2.dy)
    const inner = same(bent.dy, i2.dx) && same(w1.dy, bent.dx) && same(i1.dy, bent.dx) && same(bent.y, w2.x)
    const onward = same(sum.x, i1.dx) && same(sum.y, kept.y)
    if (!ok || !params || !dParams || !outputs || !inner || !onward) return undefined
    const { a, u, e, z, dz, dLogDet, dx, da, dt } = c
    return {
      call: call(narrowCouplingBackward, {
        params,
        dParams,
        kept: part(w1.x, 0),
        z,
        h: w2.x,
        a,
        u,
        e,
        dzKept: kept.x,
        dz,
        dLogDet,
        dxKept: kept.y,
        dx,
        scratch: w1.scratch,
      }),
      unwritten: [da, dt, i2.dx, bent.dx, i1.dx],
    }
  },
}

/** Whether a and b are the two rows of a cloud [2, rows], one way about or the other. */
const isPair = (cloud: Span, a: Span, b: Span) => arePair(cloud, a, b) || arePair(cloud, b, a)

/** The row of `cloud` that stands where `row` stands in `other`. */
const alike = (row: Span, other: Span, cloud: Span): Span => ({ ...row, at: cloud.at + row.at - other.at })

/** leakyReLU, and narrowCoupling of what comes out. */
const leakyThenNarrow: Rule = {
  names: ['leakyReLU', 'narrowCoupling'],
  rewrite(leaky, coupling) {
    const [bent, c] = [leaky, coupling].map(spans)
    if (!isPair(bent.z, c.kept, c.x) || !same(bent.logDet, c.logDet)) return undefined
    return {
      call: call(leakyNarrowCoupling, {
        ...c,
        raw: bent.raw,
        kept: alike(c.kept, bent.z, bent.x),
        x: alike(c.x, bent.z, bent.x),
        bentKept: c.kept,
        bent: c.x,
      }),
      unwritten: [],
    }
  },
}

/** narrowCouplingBackward, and leakyReLUBackward of what comes out; the gradient between the two is not left anywhere. */
const narrowThenLeakyBackward: Rule = {
  names: ['narrowCouplingBackward', 'leakyReLUBackward'],
  rewrite(coupling, leaky) {
    const [c, bent] = [coupling, leaky].map(spans)
    const x = alike(c.dx, bent.dz, bent.z)
    if (!isPair(bent.dz, c.dxKept, c.dx) || !isPair(bent.z, c.kept, x) || !same(bent.dLogDet, c.dLogDet))
      return undefined
    return {
      call: call(leakyNarrowCouplingBackward, {
        ...c,
        raw: bent.raw,
        dRaw: bent.dRaw,
        x,
        dxKept: alike(c.dxKept, bent.dz, bent.dx),
        dx: alike(c.dx, bent.dz, bent.dx),
      }),
      unwritten: [bent.dz],
    }
  },
}

/** What neighbours become, round after round: a rule may ask for what another one has made. */
export const ROUNDS: readonly (readonly Rule[])[] = [
  [narrow(false), narrow(true), narrowBackward],
  [leakyThenNarrow, narrowThenLeakyBackward],
]
