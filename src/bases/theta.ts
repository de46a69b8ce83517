import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { add } from '../kernels/operations/memory.js'
import { spread, spreadBackward } from '../kernels/operations/spread.js'
import { lengthOf, type Pass, part, parts, reshape, type Span } from '../kernels/pass.js'
import type { ConditionerSpec } from '../nets/conditioner.js'
import { type ParameterSlot, parameterCount, prefixed, type Spans, under } from '../nets/parameters.js'
import { buildConditioner } from '../nets/registry.js'
import { part as partOf } from '../options.js'
import type { RandomStream } from '../random/stream.js'
import type { Base } from './base.js'

/** Options of every base that has numbers. */
export interface LearningOptions {
  /** Whether training changes the base's numbers; default true. */
  readonly learnable?: boolean
  /** A net that sees the context; what it says is added to the base's numbers, which then stay as given. */
  readonly conditioner?: ConditionerSpec
}

/** The same in a base's schema. */
export const learningEntries = {
  learnable: v.optional(v.boolean('true or false')),
  conditioner: v.optional(partOf('a conditioner, such as mlp({ hidden: [64] })')),
}

/** What the numbers θ of a base are, and what they are at the start. */
export interface ThetaOptions extends LearningOptions {
  readonly slots: readonly ParameterSlot[]
  start(stream: RandomStream): Readonly<Record<string, ArrayLike<number>>>
}

/** Where the numbers of a pass stand. */
interface Sources {
  readonly params: Spans
  readonly state: Spans
  readonly context?: Span
}

/** Lets slots' gradients be written row by row, of the slice `index` by the first index where it is given. */
export type Through = (
  names: readonly string[],
  index: number | undefined,
  write: (gradients: Readonly<Record<string, Span | undefined>>) => void,
) => void

/** θ in a pass. */
export interface Numbers {
  /** By slot, with an index of rows behind the others: one, shared by all rows, or as many as rows. */
  readonly of: Spans
  /** Passes on what `work` writes: summed over rows, or through the net; it goes nowhere where θ is fixed. */
  back(gradients: { readonly dParams: Spans; readonly dContext?: Span }, work: (through: Through) => void): void
}

export interface Theta extends Pick<Base, 'parameters' | 'initialise'> {
  readonly state: readonly ParameterSlot[]
  numbers(pass: Pass, sources: Sources): Numbers
}

/**
 * The numbers of a base: parameters; or state, where they are not learnable; or θ = θ₀ + net(context), θ₀ being state. A net
 * whose last layer starts at 0 so starts with the base that the options describe, and a mixture with different components.
 * @throws UsageError where a net has no context to see, or `learnable` is said beside a net.
 */
export function buildTheta(name: string, options: ThetaOptions, contextDim: number): Theta {
  const { slots, start, conditioner, learnable = true } = options
  if (conditioner && contextDim === 0) {
    throw new UsageError(`${name} has a conditioner, but the flow no context that it could see: leave it out.`)
  }
  if (conditioner && options.learnable !== undefined) {
    throw new UsageError(`${name} has a conditioner, which is learnt in any case: leave learnable out.`)
  }
  const net = conditioner && buildConditioner(conditioner, contextDim, parameterCount(slots), contextDim)
  const trained = learnable && !net
  return {
    parameters: net ? prefixed('conditioner', net.parameters) : trained ? slots : [],
    state: trained ? [] : slots,
    initialise(values, stream, state) {
      const own = trained ? values : state
      for (const [slot, numbers] of Object.entries(start(stream))) own[slot].set(numbers)
      net?.initialise(under('conditioner', values), stream)
    },
    numbers(pass, { params, state, context }) {
      if (net && context) return conditioned(pass, slots, net, { params, state, context })
      return shared(pass, slots, trained ? params : state, trained)
    },
  }
}

/** The same numbers for all rows. */
function shared(pass: Pass, slots: readonly ParameterSlot[], source: Spans, trained: boolean): Numbers {
  return {
    of: Object.fromEntries(slots.map(({ name, shape }) => [name, reshape(source[name], ...shape, 1)])),
    /** dθ = Σₜ dθ[t], one call's memory after another's. */
    back({ dParams }, work) {
      work((names, index, write) => {
        if (!trained) return write({})
        const used = pass.scratchRegion.used
        const targets = names.map((name) => (index === undefined ? dParams[name] : part(dParams[name], index)))
        const rows = targets.map(({ shape }) => pass.scratch(lengthOf(shape), pass.rows))
        write(Object.fromEntries(names.map((name, i) => [name, rows[i]])))
        for (const [i, dx] of targets.entries()) spreadBackward(pass, { dy: rows[i], dx })
        pass.scratchRegion.rewind(used)
      })
    },
  }
}

/** Slots one after another in [numbers, rows], each [...shape, rows]. */
function slotsIn(all: Span, slots: readonly ParameterSlot[]): Spans {
  let next = 0
  return Object.fromEntries(
    slots.map(({ name, shape }) => {
      const own = parts(all, next, lengthOf(shape))
      next += lengthOf(shape)
      return [name, reshape(own, ...shape, all.shape[1])]
    }),
  )
}

/** θ₀ + net(context) */
function conditioned(
  pass: Pass,
  slots: readonly ParameterSlot[],
  net: ReturnType<typeof buildConditioner>,
  { params, state, context }: Required<Sources>,
): Numbers {
  const all = pass.tape(parameterCount(slots), pass.rows)
  const netBack = net.forward(pass, { params: under('conditioner', params), x: context, y: all })
  const constant = pass.scratch(...all.shape)
  for (const [name, y] of Object.entries(slotsIn(constant, slots))) spread(pass, { x: state[name], y: flat(y) })
  add(pass, { x: constant, y: all })
  return {
    of: slotsIn(all, slots),
    /** dnet = dθ */
    back({ dParams, dContext }, work) {
      const dAll = pass.scratch(...all.shape)
      const dSlots = slotsIn(dAll, slots)
      work((names, index, write) => {
        const own = names.map((name) => flat(index === undefined ? dSlots[name] : part(dSlots[name], index)))
        write(Object.fromEntries(names.map((name, i) => [name, own[i]])))
      })
      const dx = pass.scratch(...context.shape)
      netBack({ dParams: under('conditioner', dParams), dy: dAll, dx })
      if (dContext) add(pass, { x: dx, y: dContext })
    },
  }
}

/** [numbers, rows] */
function flat(span: Span): Span {
  const rows = span.shape[span.shape.length - 1]
  return reshape(span, lengthOf(span.shape) / rows, rows)
}
