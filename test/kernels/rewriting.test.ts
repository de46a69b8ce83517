import { describe, expect, it } from 'vitest'
import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { type Call, fuse } from '#kernels/fusion.js'
import { Arena, type Offset } from '#kernels/heap.js'
import type { Kernels } from '#kernels/kernels.js'
import { record, recordableNames } from '#kernels/recording.js'
import { LENGTHS, normals } from './inputs.js'

const PROGRAM_WORDS = 64

/** What a leaky ReLU and a coupling work on in a flow: clouds [2, rows] that lie whole, the tape, gradients. */
function bench(kind: KernelKind, hidden: number, rows: number) {
  const lengths = {
    raw: 1,
    params: 4 * hidden + 3,
    cloud: 2 * rows,
    between: 2 * rows,
    logDet: rows,
    h: hidden * rows,
    a: rows,
    u: rows,
    e: rows,
    dCloud: 2 * rows,
    dBetween: 2 * rows,
    dLogDet: rows,
    dRaw: 1,
    dParams: 4 * hidden + 3,
    scratch: 4 * (hidden + 4 * Math.ceil(rows / 4)),
  }
  type Name = keyof typeof lengths
  const arena = new Arena(kind === 'simd' ? 'float32' : 'float64')
  const names = Object.keys(lengths) as Name[]
  const at = Object.fromEntries(names.map((name) => [name, arena.real(lengths[name])])) as Record<Name, Offset>
  const program = arena.int(PROGRAM_WORDS)
  const kernels = createKernels(createHeap(arena, kind, false))
  for (const [i, name] of names.entries()) kernels.heap.real.set(normals(lengths[name], 130 + i, 0.7), at[name])
  const read = (name: Name) => [...kernels.heap.real.subarray(at[name], at[name] + lengths[name])]
  /** Records `calls` together, so that they may be fused, and runs them; returns the names of what ran. */
  function run(...calls: ((k: Kernels) => void)[]): string[] {
    const words = record(0, (k) => {
      for (const call of calls) call(k)
    })
    kernels.heap.i32.set(words, program)
    kernels.run(program, program + words.length, 0)
    const ran: string[] = []
    for (let i = 0; i < words.length; i += words[i] >>> 8) ran.push(recordableNames[words[i] & 255])
    return ran
  }
  return { at, read, run }
}

type Bench = ReturnType<typeof bench>

/** In the places where an evaluation has them: the coupling's result lies where the leaky ReLU's input was. */
function calls({ at }: Bench, hidden: number, rows: number, keptFirst: boolean) {
  const [kept, moved] = keptFirst ? [0, rows] : [rows, 0]
  const { raw, params, cloud, between, logDet, h, a, u, e, dCloud, dBetween, dLogDet, dRaw, dParams, scratch } = at
  return {
    leaky: (k: Kernels) => k.leakyReLU(2, rows, raw, cloud, between, logDet),
    coupling: (k: Kernels) => {
      const clouds = [between + kept, between + moved, cloud + kept, cloud + moved] as const
      k.narrowCoupling(hidden, rows, params, ...clouds, logDet, h, a, u, e)
    },
    couplingBackward: (k: Kernels) => {
      const tape = [between + kept, cloud + moved, h, a, u, e] as const
      const gradients = [dCloud + kept, dCloud + moved, dLogDet, dBetween + kept, dBetween + moved] as const
      k.narrowCouplingBackward(hidden, rows, params, dParams, ...tape, ...gradients, scratch)
    },
    leakyBackward: (k: Kernels) => k.leakyReLUBackward(2, rows, raw, between, dBetween, dLogDet, dCloud, dRaw),
  }
}

const sizes = [1, 4, 7].flatMap((hidden) => LENGTHS.filter((rows) => rows > 0).map((rows) => [hidden, rows]))

describe.each([true, false])('a leaky ReLU and a coupling fused (kept coordinate first: %s)', (keptFirst) => {
  function compare(kind: KernelKind, check: (fused: number[], separate: number[], what: string) => void): void {
    for (const [hidden, rows] of sizes) {
      const one = bench(kind, hidden, rows)
      const other = bench(kind, hidden, rows)
      const fused = calls(one, hidden, rows, keptFirst)
      expect(one.run(fused.leaky, fused.coupling)).toEqual(['leakyNarrowCoupling'])
      expect(one.run(fused.couplingBackward, fused.leakyBackward)).toEqual(['leakyNarrowCouplingBackward'])
      for (const call of Object.values(calls(other, hidden, rows, keptFirst))) other.run(call)
      for (const name of ['cloud', 'between', 'logDet', 'h', 'a', 'u', 'e', 'dCloud', 'dRaw', 'dParams'] as const) {
        check(one.read(name), other.read(name), `${name} of ${hidden} × ${rows}`)
      }
    }
  }

  it('have the bits of both with SIMD', () => {
    compare('simd', (fused, separate, what) => expect(fused, what).toEqual(separate))
  })

  it('are both in the reference, to a rounding of float64 sums of a hundred terms', () => {
    compare('portable', (fused, separate, what) => {
      fused.forEach((value, i) => {
        expect(Math.abs(value - separate[i]), what).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(separate[i])))
      })
    })
  })
})

describe('calls stay apart where', () => {
  const leaky: Call = { name: 'leakyReLU', args: [2, 8, 1, 100, 200, 300] }
  const coupling: Call = { name: 'narrowCoupling', args: [4, 8, 2, 200, 208, 100, 108, 300, 400, 500, 508, 516] }
  const back: Call = {
    name: 'narrowCouplingBackward',
    args: [4, 8, 2, 900, 200, 108, 400, 500, 508, 516, 600, 608, 300, 700, 708, 800],
  }
  const leakyBack: Call = { name: 'leakyReLUBackward', args: [2, 8, 1, 200, 700, 300, 600, 899] }
  const changed = (call: Call, at: number, value: number) =>
    ({ ...call, args: (call.args as number[]).with(at, value) }) as Call

  it('nothing keeps them from being one', () => {
    expect(fuse([leaky, coupling, back, leakyBack]).map(({ name }) => name)).toEqual([
      'leakyNarrowCoupling',
      'leakyNarrowCouplingBackward',
    ])
  })

  it.each([
    ['another call lies between', [leaky, { name: 'copy', args: [8, 1, 2] } as Call, coupling]],
    ['they come the other way about', [coupling, leaky]],
    ['the leaky ReLU has more coordinates', [changed(leaky, 0, 3), coupling]],
    ['it has other rows', [changed(leaky, 1, 4), coupling]],
    ['it writes elsewhere', [changed(leaky, 4, 216), coupling]],
    ['it has another log-det', [changed(leaky, 5, 308), coupling]],
    ['the leaky ReLU behind has more coordinates', [back, changed(leakyBack, 0, 3)]],
    ['the leaky ReLU behind has other rows', [back, changed(leakyBack, 1, 4)]],
    ['the leaky ReLU behind has another cloud', [back, changed(leakyBack, 3, 216)]],
    ['the leaky ReLU behind takes another gradient', [back, changed(leakyBack, 4, 716)]],
    ['the leaky ReLU behind has another dLogDet', [back, changed(leakyBack, 5, 308)]],
  ])('%s', (_, sequence) => {
    expect(fuse(sequence)).toEqual(sequence)
  })
})
