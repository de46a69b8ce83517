import { add, copy, fill } from '../kernels/operations/memory.js'
import { lengthOf, part, parts, reshape } from '../kernels/pass.js'
import type { MaskedConditioner } from './masked-conditioner.js'
import { prefixed, under } from './parameters.js'

/** Coordinates at neighbouring places of the order that depend on the same ones before. */
export interface Group {
  /** The first one's place, and how many. */
  readonly first: number
  readonly size: number
  /** Places of what they depend on. */
  readonly parents: readonly number[]
  /** To all of their θ as one, from the context and their parents as its context. */
  readonly net: MaskedConditioner
}

/** Each group of coordinates by a net of its own, which sees the context and the group's parents alone. */
export function groupedConditioner(groups: readonly Group[], contextDim: number): MaskedConditioner {
  const named = groups.map((group, g) => ({ ...group, name: `groups.${g}` }))
  return {
    parameters: named.flatMap(({ name, net }) => prefixed(name, net.parameters)),
    initialise(values, stream) {
      for (const { name, net } of named) net.initialise(under(name, values), stream)
    },
    forward(pass, { params, x, theta }) {
      const calls = named.map(({ name, first, size, parents, net }) => {
        const seen = pass.tape(contextDim + parents.length, pass.rows)
        const own = reshape(parts(theta, first, size), 1, size * theta.shape[1], pass.rows)
        const call = net.forward(pass, { params: under(name, params), x: seen, theta: own })
        return { name, first, size, parents, seen, call }
      })
      return {
        advance(k) {
          for (const { first, parents, seen, call } of calls) {
            if (first !== k) continue
            if (contextDim > 0) copy(pass, { x: parts(x, 0, contextDim), y: parts(seen, 0, contextDim) })
            for (const [i, p] of parents.entries()) {
              copy(pass, { x: part(x, contextDim + p), y: part(seen, contextDim + i) })
            }
            call.advance(0)
          }
        },
        /** What several groups have seen has the sum of their gradients. */
        back({ dParams, dx, dTheta }) {
          if (lengthOf(dx.shape) > 0) fill(pass, { value: 0, y: dx })
          const backs = calls.map(({ name, first, size, seen, call }) => {
            const dSeen = pass.scratch(...seen.shape)
            const own = reshape(parts(dTheta, first, size), 1, size * dTheta.shape[1], pass.rows)
            return { dSeen, back: call.back({ dParams: under(name, dParams), dx: dSeen, dTheta: own }) }
          })
          return (k) => {
            for (const [g, { first, parents }] of calls.entries()) {
              if (first !== k) continue
              const { dSeen, back } = backs[g]
              back(0)
              if (contextDim > 0) add(pass, { x: parts(dSeen, 0, contextDim), y: parts(dx, 0, contextDim) })
              for (const [i, p] of parents.entries()) {
                add(pass, { x: part(dSeen, contextDim + i), y: part(dx, contextDim + p) })
              }
            }
          }
        },
      }
    },
  }
}
