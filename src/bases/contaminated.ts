import * as v from 'valibot'
import { add, copy } from '../kernels/operations/memory.js'
import { chooseComponent, mixture, mixtureBackward, takeComponent } from '../kernels/operations/mixture.js'
import { type Pass, part, parts, type Span } from '../kernels/pass.js'
import { prefixed, under } from '../nets/parameters.js'
import { checkSpec, number, part as partOf } from '../options.js'
import { ln } from '../random/elementary.js'
import type { Base, BaseSpec, Draws } from './base.js'
import type { BaseBuilder } from './registry.js'
import { standardNormal } from './standard-normal.js'
import { studentT } from './student-t.js'
import { buildTheta } from './theta.js'

/** What is contaminated by what, and how much. */
export interface ContaminatedOptions {
  /** p₀, what all rows but a few come from; default `standardNormal()`. */
  readonly base?: BaseSpec
  /** p₁, what those few come from, wide; default `studentT({ degrees: 3, scale: 2, learnable: false })`. */
  readonly by?: BaseSpec
  /** ε, the share of those few, in (0, ½]; default 10⁻⁶. */
  readonly share?: number
}

/**
 * Another base, contaminated by a wide one: p(z) = (1 − ε) p₀(z) + ε p₁(z), in standardised units; ln p in nats. A row that the
 * layers carry far from where p₀ has its mass then costs −ln ε − ln p₁(z), with Student's t some logarithms of z and not
 * ½z², in a density and in the gradient of training; any other at most −ln(1 − ε). ε is not learnt; the numbers of p₀ and
 * p₁ are where these learn any, under `base.` and `by.`. A sample chooses by a uniform number; both are made of the same
 * normals and uniforms, of which it takes as many as either needs.
 *
 * Source: Tukey, "A survey of sampling from contaminated distributions", in Contributions to Probability and Statistics (1960).
 *
 * @throws UsageError, when a flow is made of it, where an option cannot be used.
 */
export function contaminated(options: ContaminatedOptions = {}): BaseSpec {
  return { type: 'contaminated', ...options }
}

/** What a `contaminated` base says, filled in. */
export function contaminatedBy(spec: BaseSpec): { readonly base: BaseSpec; readonly by: BaseSpec } {
  const { base = standardNormal(), by = WIDE } = spec as ContaminatedOptions
  return { base, by }
}

/**
 * With the default share a row 1000 sd out in a column costs 40 nats, and one sample in 10⁹ has a column beyond 30 sd: what columns pass
 * before a flow may have tails that make the more of a z the larger it is.
 */
const WIDE = studentT({ degrees: 3, scale: 2, learnable: false })

const schema = v.strictObject({
  base: v.optional(partOf('a base, such as gaussianMixture({ components: 8 })')),
  by: v.optional(partOf('a wide base, such as studentT({ degrees: 3, scale: 2 })')),
  share: v.optional(
    number('a number above 0, at most 0.5', (share) => share > 0 && share <= 0.5),
    1e-6,
  ),
})

export const buildContaminated =
  (buildBase: BaseBuilder): BaseBuilder =>
  (spec, dim, contextDim): Base => {
    const { share } = checkSpec(spec, schema)
    const specs = contaminatedBy(spec)
    const names = ['base', 'by'] as const
    const inner = names.map((name) => ({ name, base: buildBase(specs[name], dim, contextDim) }))
    const { numbers, ...shares } = buildTheta(
      spec.type,
      {
        slots: [{ name: 'logits', shape: [2] }],
        start: () => ({ logits: [ln(1 - share), ln(share)] }),
        learnable: false,
      },
      contextDim,
    )
    const normals = Math.max(...inner.map(({ base }) => base.normals))
    const uniforms = Math.max(...inner.map(({ base }) => base.uniforms))
    return {
      spec,
      parameters: inner.flatMap(({ name, base }) => prefixed(name, base.parameters)),
      state: [...inner.flatMap(({ name, base }) => prefixed(name, base.state ?? [])), ...shares.state],
      initialise(values, stream, state) {
        for (const { name, base } of inner) base.initialise(under(name, values), stream, under(name, state))
        shares.initialise(values, stream, state)
      },
      logProb(pass, { z, logDet, logProb, params, state, context }) {
        const { logits } = numbers(pass, { params, state }).of
        const responsibilities = pass.tape(2, pass.rows)
        const logProbs = pass.scratch(2, pass.rows)
        // ln p = logDet + …, so that logDet may be counted in both.
        const backs = inner.map(({ name, base }, k) => {
          const own = { params: under(name, params), state: under(name, state), context }
          return { name, back: base.logProb(pass, { ...own, z, logDet, logProb: part(logProbs, k) }) }
        })
        mixture(pass, { logits, logProbs, responsibilities, logProb })
        /** With r the responsibilities, rₖ = εₖpₖ(z)/p(z): d ln pₖ = rₖ dLogProb, and from there as in each. */
        return ({ dParams, dContext, dLogProb, dz }) => {
          const [dLogProbs, own] = [pass.scratch(2, pass.rows), pass.scratch(dim, pass.rows)]
          mixtureBackward(pass, { logits, responsibilities, dLogProb, dLogProbs })
          for (const [k, { name, back }] of backs.entries()) {
            const gradients = { dParams: under(name, dParams), dContext, dLogProb: part(dLogProbs, k) }
            back({ ...gradients, dz: k === 0 ? dz : own })
          }
          add(pass, { x: own, y: dz })
        }
      },
      normals,
      uniforms: uniforms + 1,
      sample(pass, { params, state, z, ...draws }) {
        const { logits } = numbers(pass, { params, state }).of
        const [component, from] = [pass.scratch(pass.rows), pass.scratch(dim, pass.rows)]
        chooseComponent(pass, { logits, uniform: part(draws.uniforms, uniforms), component })
        for (const [k, { name, base }] of inner.entries()) {
          const own = { params: under(name, params), state: under(name, state), z: k === 0 ? z : from }
          draw(pass, base, { ...draws, ...own })
        }
        takeComponent(pass, { index: 1, component, from, z })
      },
    }
  }

/** A draw of a base from the first of the numbers, which may be more than it takes. */
function draw(pass: Pass, base: Base, draws: Draws): void {
  const first = (span: Span, count: number) => parts(span, 0, count)
  const normals = first(draws.normals, base.normals)
  if (!base.sample) copy(pass, { x: normals, y: draws.z })
  else base.sample(pass, { ...draws, normals, uniforms: first(draws.uniforms, base.uniforms) })
}
