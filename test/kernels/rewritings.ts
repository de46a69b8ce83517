// What calls of layers are rewritten as, and what their results are then.
import { expect } from 'vitest'
import { type Call, countsOf, part, type Span } from '#kernels/pass.js'
import type { ArrayName, NarrowCalls, NarrowHeap, Shape } from './narrow-passes.js'

export const namesOf = (calls: readonly Call[]): string[] => calls.map(({ operation }) => operation.id)

/** What calls of layers become, and what their results are: all arrays but those that nobody reads afterwards. */
export interface Rewriting {
  readonly name: string
  /** Rewritten together, one pass. */
  readonly from: (calls: NarrowCalls) => Call[]
  readonly to: readonly string[]
  /** The arrays that are not written. */
  readonly unwritten: (spans: NarrowHeap['spans']) => Readonly<Record<string, Span>>
}

const none = () => ({})
const forward = ({ theta }: NarrowHeap['spans']) => ({ t: part(theta, 1) })
const backward = ({ dTheta, dh, dKept }: NarrowHeap['spans']) => ({
  da: part(dTheta, 0),
  dt: part(dTheta, 1),
  dh,
  dKept,
})
const all = ({ dBetween, ...spans }: NarrowHeap['spans']) => ({ dBetween, ...backward({ dBetween, ...spans }) })

export const rewritings: readonly Rewriting[] = [
  { name: 'a coupling', from: ({ coupling }) => coupling, to: ['narrowCoupling'], unwritten: forward },
  {
    name: 'a leaky ReLU and a coupling',
    from: ({ leaky, coupling }) => [...leaky, ...coupling],
    to: ['leakyNarrowCoupling'],
    unwritten: forward,
  },
  {
    name: "a coupling's inverse",
    from: ({ couplingInverse }) => couplingInverse,
    to: ['narrowCouplingInverse'],
    unwritten: none,
  },
  {
    name: "a coupling's way back",
    from: ({ couplingBackward }) => couplingBackward,
    to: ['narrowCouplingBackward'],
    unwritten: backward,
  },
  {
    name: 'the way back of a leaky ReLU and a coupling',
    from: ({ couplingBackward, leakyBackward }) => [...couplingBackward, ...leakyBackward],
    to: ['leakyNarrowCouplingBackward'],
    unwritten: all,
  },
  {
    name: 'a leaky ReLU and a narrow coupling',
    from: ({ leaky, narrow }) => [...leaky, ...narrow],
    to: ['leakyNarrowCoupling'],
    unwritten: none,
  },
  {
    name: 'the way back of a leaky ReLU and a narrow coupling',
    from: ({ narrowBackward, leakyBackward }) => [...narrowBackward, ...leakyBackward],
    to: ['leakyNarrowCouplingBackward'],
    unwritten: ({ dBetween }) => ({ dBetween }),
  },
]

const compared: readonly ArrayName[] = [
  ...(['cloud', 'between', 'out', 'logDet', 'h', 'u', 'e', 'dOut', 'dCloud', 'gradient', 'spare'] as const),
  ...(['raw', 'params', 'dLogDet'] as const),
]

/** The arrays that are read after the calls: all but those that nobody reads, of `compared` all but `ignored` ones. */
function arraysRead(unwritten: Readonly<Record<string, Span>>, ignored?: ArrayName): ArrayName[] {
  const names = compared.filter((name) => name !== ignored)
  return 'dBetween' in unwritten ? names : [...names, 'dBetween']
}

/** All that is read after the calls; a and t lie in theta. */
export function resultsOf(
  { spans }: NarrowHeap,
  unwritten: Readonly<Record<string, Span>>,
  ignored?: ArrayName,
): Span[] {
  const [a, t] = [part(spans.theta, 0), part(spans.theta, 1)]
  return [...arraysRead(unwritten, ignored).map((name) => spans[name]), a, ...('t' in unwritten ? [] : [t])]
}

/** What lies there. */
export function contents(
  heap: NarrowHeap,
  unwritten: Readonly<Record<string, Span>>,
  ignored?: ArrayName,
): Record<string, number[]> {
  const theta = heap.read('theta')
  return {
    ...Object.fromEntries(arraysRead(unwritten, ignored).map((name) => [name, heap.read(name)])),
    a: theta.slice(0, theta.length / 2),
    ...(!('t' in unwritten) && { t: theta.slice(theta.length / 2) }),
  }
}

export function expectNear(got: readonly number[], expected: readonly number[], tolerance: number, what: string): void {
  const far = got.findIndex(
    (value, i) => !(Math.abs(value - expected[i]) <= tolerance * Math.max(1, Math.abs(expected[i]))),
  )
  expect(far < 0 ? '' : `${what}: [${far}] is ${got[far]}, expected ${expected[far]}`).toBe('')
}

/** Of tests for which one is enough. */
export const shape: Shape = { hidden: 4, rows: 8, keptFirst: false, inPlace: false }

/** The same call of other operands. */
export function changed({ operation, given }: Call, operands: Readonly<Record<string, Span>>): Call {
  const other = { ...given, ...operands }
  return { operation, given: other, counts: countsOf(operation, other) }
}
