import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena, type Offset } from '#kernels/heap.js'
import { Pass, Region, type Span } from '#kernels/pass.js'
import { encode } from '#kernels/program.js'
import type { Conditioner } from '#nets/conditioner.js'
import { parameterCount, spansOf } from '#nets/parameters.js'

/** What lies around the arrays of a call, and must be there afterwards. */
const GUARD = 1234.5
/** Reals between two arrays. */
const GAP = 4096
const KEY_WORDS = 6

/** A net by itself: its way there and back over arrays with guards around them, float64 under the reference kernels. */
export function netBench(net: Conditioner, inputs: number, outputs: number, rows: number, kind: KernelKind) {
  const arena = new Arena(kind === 'simd' ? 'float32' : 'float64')
  const parameters = parameterCount(net.parameters)
  const array = (...shape: number[]): Span => ({
    at: arena.real(shape.reduce((product, n) => product * n, 1) + GAP),
    shape,
  })
  const [params, dParams] = [array(parameters), array(parameters)]
  const [x, y, dx, dy] = [inputs, outputs, inputs, outputs].map((width) => array(width, rows))
  const key = arena.int(KEY_WORDS)
  const record = (tape: Region, scratch: Region) => {
    const pass = new Pass(rows, tape, scratch, key)
    let back: ReturnType<Conditioner['forward']>
    const there = pass.record(() => {
      back = net.forward(pass, { params: spansOf(net.parameters, params.at, false), x, y })
    })
    const pieces = pass.takePieces()
    scratch.rewind(0)
    const home = pass.record(() => back({ dParams: spansOf(net.parameters, 0, true), dx, dy }))
    return { there, home, pieces, tape, scratch }
  }
  const { tape, scratch } = record(new Region(0), new Region(0))
  const [tapeSpan, scratchSpan] = [array(tape.length), array(scratch.length)]
  const passes = record(new Region(tapeSpan.at), new Region(scratchSpan.at))
  const words = encode([...passes.there, ...passes.home])
  const program = arena.int(words.length)
  const kernels = createKernels(createHeap(arena, kind, false))
  const { real, i32 } = kernels.heap
  real.fill(GUARD)
  i32.set(words, program)
  i32.fill(0, key, key + KEY_WORDS)
  const arrays = { params, dParams, x, y, dx, dy, tape: tapeSpan, scratch: scratchSpan }
  const length = ({ shape }: Span) => shape.reduce((product, n) => product * n, 1)
  const read = (span: Span) => Float64Array.from(real.subarray(span.at, span.at + length(span)))
  return {
    parameters,
    calls: {
      there: passes.there.map(({ operation }) => operation.id),
      back: passes.home.map(({ operation }) => operation.id),
    },
    tapeLength: tape.numbers,
    /** y, and the gradients of Σ dy·y; feature-major. */
    run(given: { params: ArrayLike<number>; x: ArrayLike<number>; dy: ArrayLike<number> }) {
      real.set(given.params, params.at)
      real.set(given.x, x.at)
      real.set(given.dy, dy.at)
      real.fill(0, dParams.at, dParams.at + parameters)
      kernels.run(program, program + words.length, dParams.at)
      return { y: read(y), dx: read(dx), dParams: read(dParams) }
    },
    /** Names of arrays behind which something was written. */
    overrun: () =>
      Object.entries(arrays).flatMap(([name, span]) => {
        const end: Offset = span.at + length(span)
        return real.subarray(end, end + GAP).every((value) => value === GUARD) ? [] : [name]
      }),
  }
}
