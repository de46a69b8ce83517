import { type Call, fuse, type KernelName } from './fusion.js'
import { NONE, type Offset } from './heap.js'
import type { Kernels } from './kernels.js'

/**
 * The kernels that a recording may hold and the kinds of their arguments: n a count or an offset, taken as it is, f a
 * number that need not be whole (two words), g an offset in the gradient. A kernel's code is its place here;
 * assembly/run.ts has the same list.
 */
const RECORDABLE = [
  ['fill', 'nfn'],
  ['copy', 'nnn'],
  ['add', 'nnn'],
  ['exp', 'nnn'],
  ['log', 'nnn'],
  ['tanh', 'nnn'],
  ['tanhBackward', 'nnnn'],
  ['relu', 'nnn'],
  ['reluBackward', 'nnnn'],
  ['dense', 'nnnnnnnn'],
  ['denseWeightGradient', 'nnnnngngn'],
  ['denseInputGradient', 'nnnnnnn'],
  ['leakyReLU', 'nnnnnn'],
  ['leakyReLUInverse', 'nnnnnn'],
  ['leakyReLUBackward', 'nnnnnnng'],
  ['leakyReLUInverseBackward', 'nnnnnnng'],
  ['affineCouple', 'nnnnnnnnn'],
  ['affineCoupleInverse', 'nnnnnnnnn'],
  ['affineCoupleBackward', 'nnnnnnnnnnng'],
  ['affineCoupleInverseBackward', 'nnnnnnnnnnnng'],
  ['narrowCoupling', 'nnnnnnnnnnnn'],
  ['narrowCouplingInverse', 'nnnnnnnnnnnnn'],
  ['narrowCouplingBackward', 'nnngnnnnnnnnnnnn'],
  ['leakyNarrowCoupling', 'nnnnnnnnnnnnnnn'],
  ['leakyNarrowCouplingBackward', 'nnngngnnnnnnnnnnnnn'],
  ['gaussian', 'nnnnn'],
  ['gaussianBackward', 'nnnnn'],
] as const satisfies readonly (readonly [KernelName, string])[]

export type RecordableName = (typeof RECORDABLE)[number][0]

export const recordableNames: readonly RecordableName[] = RECORDABLE.map(([name]) => name)

const halves = new Int32Array(2)
const whole = new Float64Array(halves.buffer)

/** A call as words: 256 times their number and its code, then its arguments, those in the gradient from its beginning. */
function encode({ name, args }: Call, gradient: Offset): number[] {
  const code = RECORDABLE.findIndex(([recordable]) => recordable === name)
  const kinds = RECORDABLE[code][1]
  const words = args.flatMap((value, i) => {
    if (kinds[i] === 'g') return value === NONE ? NONE : value - gradient
    if (kinds[i] === 'n') return value
    whole[0] = value
    return [...halves]
  })
  return [256 * (1 + words.length) + code, ...words]
}

/**
 * Writes down the kernels that `work` calls, in place of running them, neighbours fused: words for `Kernels.run`, which
 * runs them all in one call. What is recorded must always be the same, whatever numbers lie in the heap; `work` has no
 * heap to look at. `gradient` is where the gradient begins in these calls; each run may have another.
 */
export function record(gradient: Offset, work: (kernels: Kernels) => void): Int32Array {
  const calls: Call[] = []
  const recorder = RECORDABLE.map(([name]) => [name, (...args: number[]) => calls.push({ name, args } as Call)])
  work(Object.fromEntries(recorder) as Kernels)
  return Int32Array.from(fuse(calls).flatMap((call) => encode(call, gradient)))
}

/** `Kernels.run` by calls of the single kernels. */
export function replay(kernels: Omit<Kernels, 'run'>, program: Offset, end: Offset, gradient: Offset): void {
  const { i32 } = kernels.heap
  for (let at = program; at < end; ) {
    const [name, kinds] = RECORDABLE[i32[at++] & 255]
    const args = Array.from(kinds, (kind) => {
      const word = i32[at++]
      if (kind === 'n') return word
      if (kind === 'g') return word === NONE ? NONE : gradient + word
      halves.set([word, i32[at++]])
      return whole[0]
    })
    ;(kernels[name] as (...args: number[]) => void)(...args)
  }
}
