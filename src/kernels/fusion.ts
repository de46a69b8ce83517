import type { Kernels } from './kernels.js'

export type KernelName = Exclude<keyof Kernels, 'name' | 'heap' | 'run'>

/** A kernel's call that is written down. */
export type Call = {
  readonly [Name in KernelName]: { readonly name: Name; readonly args: Parameters<Kernels[Name]> }
}[KernelName]

/** Two calls as one of a kernel that leaves what they would, or undefined where there is none. */
type Rule = (first: Call, second: Call) => Call | undefined

/** leakyReLU, and narrowCoupling of what comes out. */
const leakyThenNarrow: Rule = (first, second) => {
  if (first.name !== 'leakyReLU' || second.name !== 'narrowCoupling') return undefined
  const [dim, leakyRows, raw, from, to, leakyLogDet] = first.args
  const [hidden, rows, params, kept, x, zKept, z, logDet, ...tape] = second.args
  if (dim !== 2 || leakyRows !== rows || leakyLogDet !== logDet || !isPair(to, rows, kept, x)) return undefined
  const back = from - to
  return {
    name: 'leakyNarrowCoupling',
    args: [hidden, rows, raw, params, kept + back, x + back, kept, x, zKept, z, logDet, ...tape],
  }
}

/** narrowCouplingBackward, and leakyReLUBackward of what comes out; the gradient between the two is not left anywhere. */
const narrowThenLeakyBackward: Rule = (first, second) => {
  if (first.name !== 'narrowCouplingBackward' || second.name !== 'leakyReLUBackward') return undefined
  const [hidden, rows, params, dParams, kept, z, h, a, u, e, dzKept, dz, dLogDet, dxKept, dx, scratch] = first.args
  const [dim, leakyRows, raw, bent, dBent, leakyDLogDet, dIn, dRaw] = second.args
  const back = dIn - dBent
  const x = bent + dx - dBent
  if (dim !== 2 || leakyRows !== rows || leakyDLogDet !== dLogDet) return undefined
  if (!isPair(dBent, rows, dxKept, dx) || !isPair(bent, rows, kept, x)) return undefined
  return {
    name: 'leakyNarrowCouplingBackward',
    args: [
      ...([hidden, rows, raw, dRaw, params, dParams, kept, x, z, h, a, u, e] as const),
      ...([dzKept, dz, dLogDet, dxKept + back, dx + back, scratch] as const),
    ],
  }
}

/** Whether a and b are the two rows of a cloud [2, rows]. */
function isPair(cloud: number, rows: number, a: number, b: number): boolean {
  return (a === cloud && b === cloud + rows) || (b === cloud && a === cloud + rows)
}

const RULES = [leakyThenNarrow, narrowThenLeakyBackward]

/** The calls, with neighbours made one where a rule says how. */
export function fuse(calls: readonly Call[]): Call[] {
  const fused: Call[] = []
  for (const call of calls) {
    const before = fused.at(-1)
    const one = before && RULES.map((rule) => rule(before, call)).find((result) => result)
    if (one) fused[fused.length - 1] = one
    else fused.push(call)
  }
  return fused
}
