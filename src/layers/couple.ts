import { add, copy } from '../kernels/operations/memory.js'
import { type Pass, part, parts, reshape, type Span } from '../kernels/pass.js'
import type { Back, Conditioner } from '../nets/conditioner.js'
import { under } from '../nets/parameters.js'
import type { Transformer } from '../transformers/transformer.js'
import { conditioned } from './conditioned.js'
import type { Bijection, Gradients, LayerCall } from './layer.js'

/** Where the coordinates with this mask value stand. */
export function coordinates(mask: readonly number[], value: number): number[] {
  return mask.flatMap((m, j) => (m === value ? [j] : []))
}

/** Coordinate k's numbers of θ [numbers, moved, rows], as [numbers, rows]. */
export function numbersOf(theta: Span, k: number): Span {
  const [numbers, moved, rows] = theta.shape
  return { at: theta.at + k * rows, shape: [numbers, rows], stride: moved * rows }
}

/**
 * Coordinates that the mask keeps (1) pass, and tell a net how to transform the others (0): z_a = x_a,
 * z_b = τ(x_b; θ), θ = net(x_a, context). The Jacobian is triangular, so that log-dets add up whatever the net is, and the
 * inverse runs the same net on z_a. Parameters: the net's under "conditioner", then those that the transformer shares.
 */
export function couple(mask: readonly number[], conditioner: Conditioner, transformer: Transformer): Bijection {
  const [kept, moved] = [coordinates(mask, 1), coordinates(mask, 0)]
  const { numbers } = transformer
  const way =
    (direction: 'forward' | 'inverse') =>
    (pass: Pass, { params, from, to, logDet, context }: LayerCall): Back<Gradients> => {
      const theta = pass.tape(numbers, moved.length, pass.rows)
      const x = inputOf(pass, from, kept, context)
      const y = reshape(theta, numbers * moved.length, pass.rows)
      const netBack = conditioner.forward(pass, { params: under('conditioner', params), x, y })
      for (const j of kept) copy(pass, { x: part(from, j), y: part(to, j) })
      const backs = moved.map((j, k) => {
        const call = { params, theta: numbersOf(theta, k), from: part(from, j), to: part(to, j), logDet }
        return transformer[direction](pass, call)
      })
      /** Through the transformer, then through the net onto what it has seen: dIn[kept] = dOut[kept] + net's. */
      return ({ dParams, dTo, dFrom, dLogDet, dContext }) => {
        const dTheta = pass.scratch(...theta.shape)
        for (const [k, j] of moved.entries()) {
          backs[k]({ dParams, dTheta: numbersOf(dTheta, k), dTo: part(dTo, j), dFrom: part(dFrom, j), dLogDet })
        }
        const dx = pass.scratch(...x.shape)
        netBack({ dParams: under('conditioner', dParams), dy: reshape(dTheta, ...y.shape), dx })
        for (const [k, j] of kept.entries()) {
          copy(pass, { x: part(dTo, j), y: part(dFrom, j) })
          add(pass, { x: part(dx, k), y: part(dFrom, j) })
        }
        if (context && dContext) add(pass, { x: parts(dx, kept.length, context.shape[0]), y: dContext })
      }
    }
  return conditioned(conditioner, transformer, way)
}

/** The coordinates that a net sees and the context, where they stand if that is side by side, else packed. */
export function inputOf(pass: Pass, from: Span, seen: readonly number[], context: Span | undefined): Span {
  const sideBySide = seen.length > 0 && (seen.at(-1) as number) - seen[0] + 1 === seen.length
  if (sideBySide && !context) return parts(from, seen[0], seen.length)
  const x = pass.tape(seen.length + (context?.shape[0] ?? 0), pass.rows)
  for (const [k, j] of seen.entries()) copy(pass, { x: part(from, j), y: part(x, k) })
  if (context) copy(pass, { x: context, y: parts(x, seen.length, context.shape[0]) })
  return x
}
