import { add, copy } from '../kernels/operations/memory.js'
import { spread, spreadBackward } from '../kernels/operations/spread.js'
import { type Pass, part, reshape } from '../kernels/pass.js'
import type { Back, Conditioner } from '../nets/conditioner.js'
import { prefixed, under } from '../nets/parameters.js'
import type { Transformer } from '../transformers/transformer.js'
import { numbersOf } from './couple.js'
import type { Bijection, Gradients, LayerCall } from './layer.js'

/**
 * Some columns, each by a transformer of its own numbers; the others pass. z_j = τ(x_j; θ_j), where θ are parameters, the
 * same for all rows, or what a net makes of the context; the Jacobian is diagonal. Parameters: "theta" [numbers, columns],
 * 0 at the start, or the net's under "conditioner", then those that the transformer shares.
 */
export function transformColumns(
  dim: number,
  columns: readonly number[],
  transformer: Transformer,
  conditioner?: Conditioner,
): Bijection {
  const { numbers } = transformer
  const others = Array.from({ length: dim }, (_, j) => j).filter((j) => !columns.includes(j))
  const theta = { name: 'theta', shape: [numbers, columns.length] }
  const own = conditioner ? prefixed('conditioner', conditioner.parameters) : numbers > 0 ? [theta] : []
  const way =
    (direction: 'forward' | 'inverse') =>
    (pass: Pass, { params, from, to, logDet, context }: LayerCall): Back<Gradients> => {
      const all = pass.tape(numbers, columns.length, pass.rows)
      const flat = reshape(all, numbers * columns.length, pass.rows)
      const netBack =
        conditioner &&
        context &&
        conditioner.forward(pass, { params: under('conditioner', params), x: context, y: flat })
      if (!netBack && numbers > 0) spread(pass, { x: params.theta, y: flat })
      for (const j of others) copy(pass, { x: part(from, j), y: part(to, j) })
      const backs = columns.map((j, k) => {
        const call = { params, theta: numbersOf(all, k), from: part(from, j), to: part(to, j), logDet }
        return transformer[direction](pass, call)
      })
      /** dθ of each row comes back through the net, or summed over rows. */
      return ({ dParams, dTo, dFrom, dLogDet, dContext }) => {
        const dTheta = pass.scratch(...all.shape)
        for (const j of others) copy(pass, { x: part(dTo, j), y: part(dFrom, j) })
        for (const [k, j] of columns.entries()) {
          backs[k]({ dParams, dTheta: numbersOf(dTheta, k), dTo: part(dTo, j), dFrom: part(dFrom, j), dLogDet })
        }
        const dFlat = reshape(dTheta, ...flat.shape)
        if (netBack && context) {
          const dx = pass.scratch(...context.shape)
          netBack({ dParams: under('conditioner', dParams), dy: dFlat, dx })
          if (dContext) add(pass, { x: dx, y: dContext })
        } else if (numbers > 0) spreadBackward(pass, { dy: dFlat, dx: dParams.theta })
      }
    }
  return {
    parameters: [...own, ...transformer.parameters],
    initialise(values, stream) {
      if (conditioner) conditioner.initialise(under('conditioner', values), stream)
      else values.theta?.fill(0)
      transformer.initialise(values)
    },
    forward: way('forward'),
    inverse: way('inverse'),
  }
}
