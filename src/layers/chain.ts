import type { Pass } from '../kernels/pass.js'
import type { Back } from '../nets/conditioner.js'
import { prefixed, under } from '../nets/parameters.js'
import type { Bijection, Gradients, LayerCall } from './layer.js'

/** Two bijections as one, f = second ∘ first, with a cloud between them on the tape; parameters under their names. */
export function chain(names: readonly [string, string], first: Bijection, second: Bijection): Bijection {
  const links = [first, second]
  const way =
    (direction: 'forward' | 'inverse') =>
    (pass: Pass, call: LayerCall): Back<Gradients> => {
      const between = pass.tape(...call.from.shape)
      const order = direction === 'forward' ? [0, 1] : [1, 0]
      const backs = order.map((i, k) =>
        links[i][direction](pass, {
          ...call,
          params: under(names[i], call.params),
          state: under(names[i], call.state),
          from: k === 0 ? call.from : between,
          to: k === 0 ? between : call.to,
        }),
      )
      /** Through the second link, then through the first: the gradient of the cloud between is scratch. */
      return (gradients) => {
        const dBetween = pass.scratch(...call.from.shape)
        for (const k of [1, 0]) {
          backs[k]({
            ...gradients,
            dParams: under(names[order[k]], gradients.dParams),
            dTo: k === 1 ? gradients.dTo : dBetween,
            dFrom: k === 1 ? dBetween : gradients.dFrom,
          })
        }
      }
    }
  return {
    parameters: links.flatMap(({ parameters }, i) => prefixed(names[i], parameters)),
    state: links.flatMap(({ state = [] }, i) => prefixed(names[i], state)),
    initialise(values, stream) {
      for (const [i, link] of links.entries()) link.initialise(under(names[i], values), stream)
    },
    forward: way('forward'),
    inverse: way('inverse'),
  }
}
