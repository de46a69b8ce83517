import type { Conditioner } from '../nets/conditioner.js'
import { prefixed, under } from '../nets/parameters.js'
import type { Transformer } from '../transformers/transformer.js'
import type { Bijection } from './layer.js'

/** A bijection of a net, whose parameters are under "conditioner", and a transformer, of which it has those that it shares. */
export function conditioned(
  conditioner: Pick<Conditioner, 'parameters' | 'initialise'>,
  transformer: Transformer,
  way: (direction: 'forward' | 'inverse') => Bijection['forward'],
): Bijection {
  return {
    parameters: [...prefixed('conditioner', conditioner.parameters), ...transformer.parameters],
    initialise(values, stream) {
      conditioner.initialise(under('conditioner', values), stream)
      transformer.initialise(values)
    },
    forward: way('forward'),
    inverse: way('inverse'),
  }
}
