import { createHeap, createKernels } from '#kernels/create.js'
import { Arena } from '#kernels/heap.js'
import { lengthOf, Pass, Region, type Span } from '#kernels/pass.js'
import { encode } from '#kernels/program.js'
import type { MaskedConditioner, MaskedShape } from '#nets/masked-conditioner.js'
import { parameterCount, spansOf, type Values, valuesOf } from '#nets/parameters.js'

/** Room for tapes and scratch; the nets of tests are small. */
const ROOM = 1 << 16

/** What a masked net, by itself, makes of columns [contextDim + dim − 1, rows], and the gradients of Σ dθ·θ, in float64. */
export function runMasked(
  net: MaskedConditioner,
  { dim, contextDim, numbers }: MaskedShape,
  columns: readonly (readonly number[])[],
  write: (parameters: Values) => void,
  weigh: (theta: Float64Array) => ArrayLike<number>,
) {
  const rows = columns[0].length
  const arena = new Arena('float64')
  const count = parameterCount(net.parameters)
  const real = (...shape: number[]): Span => ({ at: arena.real(lengthOf(shape)), shape })
  const [params, gradient] = [arena.real(count), arena.real(count)]
  const [x, dx] = [real(contextDim + dim - 1, rows), real(contextDim + dim - 1, rows)]
  const [theta, dTheta] = [real(dim, numbers, rows), real(dim, numbers, rows)]
  const pass = new Pass(rows, new Region(arena.real(ROOM)), new Region(arena.real(ROOM)))
  const places = Array.from({ length: dim }, (_, k) => k)
  const call = net.forward(pass, { params: spansOf(net.parameters, params, false), x, theta })
  const there = encode(
    pass.record(() => {
      for (const k of places) call.advance(k)
    }),
  )
  const back = encode(
    pass.record(() => {
      const retreat = call.back({ dParams: spansOf(net.parameters, 0, true), dx, dTheta })
      for (const k of places.toReversed()) retreat(k)
    }),
  )
  const [first, second] = [arena.int(there.length), arena.int(back.length)]
  const kernels = createKernels(createHeap(arena, 'portable', false))
  const { real: heap, i32 } = kernels.heap
  const taken = (span: Span) => Float64Array.from(heap.subarray(span.at, span.at + lengthOf(span.shape)))
  i32.set(there, first)
  i32.set(back, second)
  write(valuesOf(net.parameters, heap.subarray(params, params + count)))
  heap.set(columns.flat(), x.at)
  kernels.run(first, first + there.length, gradient)
  const result = taken(theta)
  heap.set(weigh(result), dTheta.at)
  kernels.run(second, second + back.length, gradient)
  return { theta: result, dx: taken(dx), dParams: valuesOf(net.parameters, heap.slice(gradient, gradient + count)) }
}
