import { createHeap, createKernels, type KernelKind } from '#kernels/create.js'
import { Arena, type Offset } from '#kernels/heap.js'
import { lengthOf, Pass, Region, type Span } from '#kernels/pass.js'
import { encode } from '#kernels/program.js'
import type { Conditioner } from '#nets/conditioner.js'
import { parameterCount, spansOf } from '#nets/parameters.js'

/** What lies around the arrays of a call, and must be there afterwards. */
const GUARD = 1234.5
/** Reals between two arrays. */
const GAP = 4096
const KEY_WORDS = 6

/** Where the arrays of a net's call lie. */
interface Places extends Readonly<Record<'params' | 'dParams' | 'x' | 'y' | 'dx' | 'dy', Span>> {
  readonly key: Offset
  readonly tape: Region
  readonly scratch: Region
}

function record({ parameters, forward }: Conditioner, { params, x, y, dx, dy, key, tape, scratch }: Places) {
  const pass = new Pass(x.shape[1], tape, scratch, key)
  let goBack: ReturnType<Conditioner['forward']>
  const there = pass.record(() => {
    goBack = forward(pass, { params: spansOf(parameters, params.at, false), x, y })
  })
  scratch.rewind(0)
  const back = pass.record(() => goBack({ dParams: spansOf(parameters, 0, true), dx, dy }))
  return { there, back, pieces: pass.takePieces() }
}

/** A net by itself: its way there and back over arrays with guards behind them, float64 under the reference kernels. */
export function netBench(net: Conditioner, inputs: number, outputs: number, rows: number, kind: KernelKind) {
  const arena = new Arena(kind === 'simd' ? 'float32' : 'float64')
  const array = (...shape: number[]): Span => ({ at: arena.real(lengthOf(shape) + GAP), shape })
  const parameters = parameterCount(net.parameters)
  const [params, dParams] = [array(parameters), array(parameters)]
  const [x, y, dx, dy] = [inputs, outputs, inputs, outputs].map((width) => array(width, rows))
  const key = arena.int(KEY_WORDS)
  const places = { params, dParams, x, y, dx, dy, key }
  // Once where nothing is, to learn how much is kept; then where it goes.
  const [tape, scratch] = [new Region(0), new Region(0)]
  record(net, { ...places, tape, scratch })
  const [kept, worked] = [array(tape.length), array(scratch.length)]
  const passes = record(net, { ...places, tape: new Region(kept.at), scratch: new Region(worked.at) })
  const words = encode([...passes.there, ...passes.back])
  const program = arena.int(words.length)
  const kernels = createKernels(createHeap(arena, kind, false))
  const { real, i32 } = kernels.heap
  real.fill(GUARD)
  i32.set(words, program)
  i32.fill(0, key, key + KEY_WORDS)
  const arrays = { params, dParams, x, y, dx, dy, tape: kept, scratch: worked }
  const read = (span: Span) => Float64Array.from(real.subarray(span.at, span.at + lengthOf(span.shape)))
  return {
    parameters,
    calls: {
      there: passes.there.map(({ operation }) => operation.id),
      back: passes.back.map(({ operation }) => operation.id),
    },
    tapeLength: tape.numbers,
    /** Shapes of what tells a row's branch. */
    pieces: passes.pieces.map(({ span }) => span.shape),
    /** By which number each call of dropout draws. */
    sites: passes.there.flatMap(({ operation, given }) => (operation.id === 'dropout' ? [given.layer] : [])),
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
        const end: Offset = span.at + lengthOf(span.shape)
        return real.subarray(end, end + GAP).every((value) => value === GUARD) ? [] : [name]
      }),
  }
}
