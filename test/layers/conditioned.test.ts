import { autoregressive, coupling, elementwise, flow, type LayerSpec, mlp, softsign, symmetricLog } from 'pushforward'
import { expect, it } from 'vitest'

it.each<[string, LayerSpec, number]>([
  ['coupling', coupling({ mask: [1, 0], transformer: softsign(), conditioner: mlp({ hidden: [5] }) }), 0],
  ['autoregressive', autoregressive({ transformer: symmetricLog() }), 0],
  ['elementwise', elementwise({ transformer: softsign(), conditioner: mlp({ hidden: [5] }) }), 1],
])('%s refuses a net for a map without numbers', (name, layer, context) => {
  expect(() => flow(2, [layer], { context })).toThrow(`${name} has a conditioner, but `)
  expect(() => flow(2, [layer], { context })).toThrow(/no numbers that it could make: take elementwise/)
})
