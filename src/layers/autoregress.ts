import { add, copy } from '../kernels/operations/memory.js'
import { type Pass, part, parts } from '../kernels/pass.js'
import type { Back } from '../nets/conditioner.js'
import type { MaskedConditioner } from '../nets/masked-conditioner.js'
import { under } from '../nets/parameters.js'
import type { Transformer } from '../transformers/transformer.js'
import { conditioned } from './conditioned.js'
import type { Bijection, Gradients, LayerCall } from './layer.js'

/**
 * z_j = τ(x_j; θ_j) for each coordinate, θ_j of the context and of x before j in the order: coordinate order[k] sees
 * x[order[0]] … x[order[k − 1]]. The Jacobian is triangular in the order, whatever the net is. From data to noise all of x is
 * there at once; from noise to data x[order[k]] comes out before what sees it is computed, so that each unit of the net
 * is computed once in either direction. Parameters: the net's under "conditioner", then those that the transformer shares.
 */
export function autoregress(
  order: readonly number[],
  contextDim: number,
  conditioner: MaskedConditioner,
  transformer: Transformer,
): Bijection {
  const last = order.length - 1
  const way =
    (direction: 'forward' | 'inverse') =>
    (pass: Pass, { params, from, to, logDet, context }: LayerCall): Back<Gradients> => {
      const sequential = direction === 'inverse'
      const data = sequential ? to : from
      const x = pass.tape(contextDim + last, pass.rows)
      const theta = pass.tape(order.length, transformer.numbers, pass.rows)
      const net = conditioner.forward(pass, { params: under('conditioner', params), x, theta })
      const show = (k: number) => k < last && copy(pass, { x: part(data, order[k]), y: part(x, contextDim + k) })
      if (context) copy(pass, { x: context, y: parts(x, 0, contextDim) })
      if (!sequential) for (const k of order.keys()) show(k)
      const backs = order.map((j, k) => {
        net.advance(k)
        const call = { params, theta: part(theta, k), from: part(from, j), to: part(to, j), logDet }
        const back = transformer[direction](pass, call)
        if (sequential) show(k)
        return back
      })
      /**
       * From the last coordinate of the order to the first, when all that see it have come back, dx its gradient from them:
       *   from data:   dFrom_j = ∂τ(x_j)/∂x_j dTo_j + dx          (x_j goes into τ, and is seen)
       *   from noise:  dFrom_j = ∂τ⁻¹(z_j)/∂z_j (dTo_j + dx)      (x_j comes out of τ⁻¹, and is seen)
       * and dθ_j by the same τ, then what θ_j was made of by the net.
       */
      return ({ dParams, dTo, dFrom, dLogDet, dContext }) => {
        const [dx, dTheta] = [pass.scratch(...x.shape), pass.scratch(...theta.shape)]
        const retreat = net.back({ dParams: under('conditioner', dParams), dx, dTheta })
        for (let k = last; k >= 0; k--) {
          const [dOut, dIn] = [part(dTo, order[k]), part(dFrom, order[k])]
          const seen = k < last ? part(dx, contextDim + k) : undefined
          if (sequential && seen) add(pass, { x: dOut, y: seen })
          const dWhole = sequential && seen ? seen : dOut
          backs[k]({ dParams, dTheta: part(dTheta, k), dTo: dWhole, dFrom: dIn, dLogDet })
          if (!sequential && seen) add(pass, { x: seen, y: dIn })
          retreat(k)
        }
        if (context && dContext) add(pass, { x: parts(dx, 0, contextDim), y: dContext })
      }
    }
  return conditioned(conditioner, transformer, way)
}
