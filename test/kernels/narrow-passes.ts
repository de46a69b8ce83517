// A leaky ReLU and a coupling of one kept and one moved coordinate, written down as layers do: what rewriting makes
// narrow kernels of.
import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena, type Offset } from '#kernels/heap.js'
import * as operations from '#kernels/operations/index.js'
import { type Call, lengthOf, Pass, part, Region, type Span } from '#kernels/pass.js'
import { encode } from '#kernels/program.js'
import { normals } from './inputs.js'

export interface Shape {
  readonly hidden: number
  readonly rows: number
  readonly keptFirst: boolean
  /** The coupling's results lie where the leaky ReLU's input was, as where nothing is kept for a way back. */
  readonly inPlace: boolean
}

const PROGRAM_WORDS = 512

/** Room for whatever operand is put elsewhere. */
const spareLength = ({ hidden, rows }: Shape) => 16 * (rows + Math.max(hidden, 2)) + 4 * hidden

function shapesOf(shape: Shape) {
  const { hidden, rows } = shape
  return {
    raw: [1],
    params: [4 * hidden + 3],
    cloud: [2, rows],
    between: [2, rows],
    out: [2, rows],
    logDet: [rows],
    theta: [2, rows],
    h: [hidden, rows],
    u: [rows],
    e: [rows],
    dOut: [2, rows],
    dBetween: [2, rows],
    dCloud: [2, rows],
    dLogDet: [rows],
    dTheta: [2, rows],
    dh: [hidden, rows],
    dKept: [1, rows],
    scratch: [16 * (rows + Math.max(hidden, 2))],
    spare: [spareLength(shape)],
    /** dRaw, dParams, and room for a gradient that is put elsewhere. */
    gradient: [2 * (1 + 4 * hidden + 3)],
  }
}

export type ArrayName = keyof ReturnType<typeof shapesOf>

const drawn = new Map<string, Float32Array>()

/** What array `i` holds at first, drawn once for all heaps. */
function startOf(i: number, length: number): Float32Array {
  const id = `${i}, ${length}`
  const values = drawn.get(id) ?? normals(length, 130 + i, 0.7)
  drawn.set(id, values)
  return values
}

/** Arrays, and kernels that run calls on them. */
export function heapOf(kind: KernelKind, shape: Shape) {
  const shapes = shapesOf(shape)
  const names = Object.keys(shapes) as ArrayName[]
  const arena = new Arena(kind === 'simd' ? 'float32' : 'float64')
  const spans = Object.fromEntries(
    names.map((name): [string, Span] => [name, { at: arena.real(lengthOf(shapes[name])), shape: shapes[name] }]),
  ) as Readonly<Record<ArrayName, Span>>
  const program = arena.int(PROGRAM_WORDS)
  const kernels = createKernels(createHeap(arena, kind, false))
  const { real, i32 } = kernels.heap
  for (const [i, name] of names.entries()) real.set(startOf(i, lengthOf(shapes[name])), spans[name].at)
  return {
    spans: shape.inPlace ? { ...spans, out: spans.cloud } : spans,
    kernels,
    run(calls: readonly Call[]): void {
      const words = encode(calls)
      i32.set(words, program)
      kernels.run(program, program + words.length, spans.gradient.at)
    },
    read: (name: ArrayName): number[] => {
      const { at } = spans[name]
      return [...real.subarray(at, at + lengthOf(shapes[name]))]
    },
  }
}

export type NarrowHeap = ReturnType<typeof heapOf>

export function record(work: (pass: Pass) => void): Call[] {
  const pass = new Pass(1, new Region(0), new Region(0))
  return pass.record(() => work(pass))
}

/** Parameters of a coupling from `at` on, in the order of their storage. */
function parametersOf(at: Offset, hidden: number, gradient: boolean) {
  const slot = (offset: number, ...shape: number[]): Span => ({
    at: at + offset,
    shape,
    ...(gradient && { gradient }),
  })
  return {
    all: slot(0, 4 * hidden + 3),
    w1: slot(0, hidden, 1),
    b1: slot(hidden, hidden),
    w2: slot(2 * hidden, 2, hidden),
    b2: slot(4 * hidden, 2),
    f: slot(4 * hidden + 2, 1),
  }
}

/** The calls of the layers, by themselves and as the narrow kernels have them. */
export function callsOf({ spans }: NarrowHeap, { hidden, rows, keptFirst }: Shape) {
  const o = operations
  const [keep, move] = keptFirst ? [0, 1] : [1, 0]
  const { raw, cloud, between, out, logDet, theta, h, u, e, dOut, dBetween, dCloud, dLogDet, scratch } = spans
  const { dTheta, dh, dKept } = spans
  const p = parametersOf(spans.params.at, hidden, false)
  const d = parametersOf(1, hidden, true)
  const dRaw: Span = { at: 0, shape: [1], gradient: true }
  const seen: Span = { at: part(between, keep).at, shape: [1, rows] }
  const [a, t, da, dt] = [part(theta, 0), part(theta, 1), part(dTheta, 0), part(dTheta, 1)]
  const [kept, x, zKept, z] = [part(between, keep), part(between, move), part(out, keep), part(out, move)]
  const [dzKept, dz, dxKept, dx] = [part(dOut, keep), part(dOut, move), part(dBetween, keep), part(dBetween, move)]
  const net = (pass: Pass) => {
    o.dense(pass, { x: seen, weight: p.w1, bias: p.b1, y: h })
    o.tanh(pass, { x: h, y: h })
    o.dense(pass, { x: h, weight: p.w2, bias: p.b2, y: theta })
    o.copy(pass, { x: kept, y: zKept })
  }
  return {
    leaky: record((pass) => o.leakyReLU(pass, { raw, x: cloud, z: between, logDet })),
    coupling: record((pass) => {
      net(pass)
      o.affineCouple(pass, { f: p.f, a, t, x, z, logDet, u, e })
    }),
    narrow: record((pass) => o.narrowCoupling(pass, { params: p.all, kept, x, zKept, z, logDet, h, a, u, e })),
    /** From `between` to `out` too. */
    couplingInverse: record((pass) => {
      net(pass)
      o.affineCoupleInverse(pass, { f: p.f, a, t, z: x, x: z, logDet, u, e })
    }),
    narrowInverse: record((pass) =>
      o.narrowCouplingInverse(pass, { params: p.all, kept, z: x, xKept: zKept, x: z, logDet, h, a, t, u, e }),
    ),
    couplingBackward: record((pass) => {
      o.affineCoupleBackward(pass, { f: p.f, a, u, e, z, dz, dLogDet, dx, da, dt, df: d.f })
      o.denseWeightGradient(pass, { x: h, dy: dTheta, dWeight: d.w2, dBias: d.b2, scratch })
      o.denseInputGradient(pass, { dy: dTheta, weight: p.w2, dx: dh })
      o.tanhBackward(pass, { y: h, dy: dh, dx: dh })
      o.denseWeightGradient(pass, { x: seen, dy: dh, dWeight: d.w1, dBias: d.b1, scratch })
      o.denseInputGradient(pass, { dy: dh, weight: p.w1, dx: dKept })
      o.copy(pass, { x: dzKept, y: dxKept })
      o.add(pass, { x: part(dKept, 0), y: dxKept })
    }),
    narrowBackward: record((pass) => {
      const tape = { params: p.all, kept, z, h, a, u, e }
      o.narrowCouplingBackward(pass, { ...tape, dParams: d.all, dzKept, dz, dLogDet, dxKept, dx, scratch })
    }),
    leakyBackward: record((pass) =>
      o.leakyReLUBackward(pass, { raw, z: between, dz: dBetween, dLogDet, dx: dCloud, dRaw }),
    ),
  }
}

export type NarrowCalls = ReturnType<typeof callsOf>
