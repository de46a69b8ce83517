import * as v from 'valibot'
import { UsageError } from '../errors.js'
import { gaussian, gaussianBackward } from '../kernels/operations/gaussian.js'
import { add } from '../kernels/operations/memory.js'
import { chooseComponent, mixture, mixtureBackward, takeComponent } from '../kernels/operations/mixture.js'
import { whiten, whitenBackward, whitenInverse } from '../kernels/operations/whiten.js'
import { part } from '../kernels/pass.js'
import { checkSpec, echo, integer, number } from '../options.js'
import { ln } from '../random/elementary.js'
import type { RandomStream } from '../random/stream.js'
import type { Base, BaseSpec } from './base.js'
import { COVARIANCE, LOCATION, table } from './columns.js'
import { precisionFactor } from './precision-factor.js'
import { buildTheta, type LearningOptions, learningEntries } from './theta.js'

export interface GaussianMixtureOptions extends LearningOptions {
  /** How many normals, K. */
  readonly components: number
  /** π at the start, or for good, [K], in proportion; default all the same. */
  readonly weights?: readonly number[]
  /** μ likewise, [K, dim]; default drawn from N(0, ½I) by the flow's seed. */
  readonly means?: readonly (readonly number[])[]
  /** Σ likewise, [K, dim, dim]; default ½I each, with which the default mixture has a covariance of about I. */
  readonly covariances?: readonly (readonly (readonly number[])[])[]
}

/**
 * A mixture of normals with full covariances, in standardised units: ln p(z) = ln Σₖ πₖ N(z; μₖ, Σₖ), in nats, π = softmax of
 * logits. θ = logits [K], means [K, dim], factors [K, dim(dim + 1)/2], each as the factor of `fullNormal`. A sample chooses
 * a component by a uniform number and takes dim normals; a temperature multiplies its distance from that component's mean,
 * and leaves the choice.
 *
 * @throws UsageError, when a flow is made of it, where an option cannot be used.
 */
export function gaussianMixture(options: GaussianMixtureOptions): BaseSpec {
  return { type: 'gaussianMixture', ...options }
}

/** Every component is calls of its own in each pass. */
const MOST_COMPONENTS = 1024
/** Variance of the components' means at the start, and within each: 1 together. */
const HALF = 0.5

const schema = v.strictObject({
  components: integer(1, MOST_COMPONENTS),
  weights: v.optional(
    v.array(
      number('numbers above 0, one a component', (w) => w > 0 && w <= 1e12),
      'numbers above 0',
    ),
  ),
  means: v.optional(table(LOCATION)),
  covariances: v.optional(v.array(table(COVARIANCE), 'one matrix a component')),
  ...learningEntries,
})

type Options = v.InferOutput<typeof schema>

export function buildGaussianMixture(spec: BaseSpec, dim: number, contextDim: number): Base {
  const options = checkSpec(spec, schema)
  const { components, learnable, conditioner } = options
  const slots = [
    { name: 'logits', shape: [components] },
    { name: 'means', shape: [components, dim] },
    { name: 'factors', shape: [components, (dim * (dim + 1)) / 2] },
  ]
  const start = starter(options, dim)
  const { numbers, ...theta } = buildTheta(spec.type, { slots, start, learnable, conditioner }, contextDim)
  const each = Array.from({ length: components }, (_, k) => k)
  return {
    ...theta,
    spec,
    logProb(pass, { z, logDet, logProb, ...sources }) {
      const { of, back } = numbers(pass, sources)
      const { logits } = of
      const responsibilities = pass.tape(components, pass.rows)
      const [logProbs, total] = [pass.scratch(components, pass.rows), pass.scratch(pass.rows)]
      const component = (k: number) => ({ mean: part(of.means, k), factor: part(of.factors, k) })
      // ln p = logDet + …, so that logDet may be counted in every component.
      const ys = each.map((k) => {
        const y = pass.tape(dim, pass.rows)
        whiten(pass, { z, ...component(k), logDet, y, total })
        gaussian(pass, { z: y, logDet: total, logProb: part(logProbs, k) })
        return y
      })
      mixture(pass, { logits, logProbs, responsibilities, logProb })
      /**
       * With r the responsibilities, rₖ = πₖ N(z; μₖ, Σₖ)/p(z):
       *   d ln Nₖ = rₖ dLogProb, and from there as in the normal; dz is the sum over components
       *   dlogitₖ = (rₖ − πₖ) dLogProb
       */
      return ({ dParams, dContext, dLogProb, dz }) =>
        back({ dParams, dContext }, (through) => {
          const [dLogProbs, dy] = [pass.scratch(components, pass.rows), pass.scratch(dim, pass.rows)]
          const own = pass.scratch(dim, pass.rows)
          through(['logits'], undefined, ({ logits: dLogits }) =>
            mixtureBackward(pass, { logits, responsibilities, dLogProb, dLogProbs, dLogits }),
          )
          for (const k of each) {
            const dTotal = part(dLogProbs, k)
            gaussianBackward(pass, { z: ys[k], dLogProb: dTotal, dz: dy })
            through(['means', 'factors'], k, ({ means: dMean, factors: dFactor }) =>
              whitenBackward(pass, { z, ...component(k), dy, dTotal, dz: k === 0 ? dz : own, dMean, dFactor }),
            )
            if (k > 0) add(pass, { x: own, y: dz })
          }
        })
    },
    normals: dim,
    uniforms: 1,
    sample(pass, { normals: y, uniforms, z, ...sources }) {
      const { of } = numbers(pass, sources)
      const [component, from] = [pass.scratch(pass.rows), pass.scratch(dim, pass.rows)]
      chooseComponent(pass, { logits: of.logits, uniform: part(uniforms, 0), component })
      for (const k of each) {
        whitenInverse(pass, { y, mean: part(of.means, k), factor: part(of.factors, k), z: k === 0 ? z : from })
        if (k > 0) takeComponent(pass, { index: k, component, from, z })
      }
    },
  }
}

/** Checks what is given for the components, and fills in the rest when a flow is made. */
function starter({ components, weights, means, covariances }: Options, dim: number) {
  const count = (name: string, given: readonly unknown[] | undefined) => {
    if (given && given.length !== components) {
      throw new UsageError(`gaussianMixture's ${name} is ${echo(given)}; expected ${components}, one a component.`)
    }
  }
  count('weights', weights)
  count('means', means)
  count('covariances', covariances)
  if (means?.some((mean) => mean.length !== dim)) {
    throw new UsageError(`gaussianMixture's means is ${echo(means)}; expected ${dim} numbers each.`)
  }
  const factors = covariances?.flatMap((covariance) => [...precisionFactor('gaussianMixture', covariance, dim)])
  return (stream: RandomStream) => ({
    logits: weights?.map(ln) ?? [],
    means: means?.flat() ?? Array.from({ length: components * dim }, () => Math.sqrt(HALF) * stream.normal()),
    factors: factors ?? Array.from({ length: components }, () => halfFactor(dim)).flat(),
  })
}

/** A of Σ = ½I. */
function halfFactor(dim: number): number[] {
  return Array.from({ length: dim }, (_, i) => [...Array<number>(i).fill(0), -0.5 * ln(HALF)]).flat()
}
