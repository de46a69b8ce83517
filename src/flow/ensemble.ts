import { type Points, pointsOf } from '../data/points.js'
import { type Matrix, type Rows, toMatrix } from '../data/rows.js'
import type { Scaler } from '../data/scaler.js'
import { UsageError } from '../errors.js'
import { type KernelChoice, resolveKernels } from '../kernels/create.js'
import type { Precision } from '../kernels/heap.js'
import { exp } from '../random/elementary.js'
import { type Context, contextOfDraw, type Given, readContext } from './context.js'
import { Evaluator, type Reals } from './evaluator.js'
import { type DataProvenance, Flow, type SampleOptions, sampleOptions } from './flow.js'
import { LogMeanExp } from './log-mean-exp.js'
import { type MemberDraw, sampleMembersInto } from './sample-members.js'
import type { ScoreRecord } from './score-record.js'

/** Members of an ensemble, at most. */
export const MOST_MEMBERS = 64

/** What has a density and can be sampled: a flow, or several in equal shares. */
export type Model<P extends Precision = Precision> = Flow<P> | Ensemble<P>

/**
 * The mixture of flows in equal shares, p(x) = (1/k) Σₘ pₘ(x), or p(x | c) likewise. It is a density as each of them is,
 * and never worse than their average: −ln p ≤ −(1/k) Σₘ ln pₘ, as the logarithm is concave; what single members make of
 * their seed is averaged out.
 *
 * A row comes from one member or another, so that there is no single map between data and noise: forward, inverse and trace
 * are those of a member.
 */
export class Ensemble<P extends Precision = Precision> {
  readonly members: readonly Flow<P>[]
  /** Of the mixture, as a flow's. */
  scores: ScoreRecord | undefined
  #evaluators: Map<string, Evaluator> | undefined

  /** @throws UsageError as `ensemble`. */
  constructor(members: readonly Flow<P>[]) {
    if (members.length < 1 || members.length > MOST_MEMBERS) {
      throw new UsageError(`An ensemble has 1 to ${MOST_MEMBERS} members; got ${members.length}.`)
    }
    const [first, ...others] = members
    for (const [i, member] of others.entries()) checkAlike(first, member, i + 1)
    this.members = [...members]
  }

  /** How many columns the density is of. */
  get dim(): number {
    return this.members[0].dim
  }

  /** How many columns it is conditioned on; 0 for most. */
  get contextDim(): number {
    return this.members[0].contextDim
  }

  /** Storage and arithmetic of all members. */
  get precision(): P {
    return this.members[0].precision
  }

  /** Implementation for calls on this thread. */
  get kernels(): KernelChoice {
    return this.members[0].kernels
  }

  /** Of all members together. */
  get parameterCount(): number {
    return this.members.reduce((sum, { parameterCount }) => sum + parameterCount, 0)
  }

  /** Of the first member; those that were trained on the same rows have the same. */
  get scaler(): Scaler {
    return this.members[0].scaler
  }

  /** Of the first member; all agree in the columns. */
  get data(): DataProvenance {
    return this.members[0].data
  }

  /** 'diverged' where that is so of a member. */
  get training(): 'diverged' | undefined {
    return this.members.find(({ training }) => training)?.training
  }

  /**
   * ln p(x) of every row [rows, dim], or ln p(x | c): ln Σₘ pₘ − ln k, in nats and original units, in float64 and rounded once;
   * −∞ where all members say so.
   * @throws UsageError, DataError as a flow's.
   */
  logProb(x: Rows, given: Given = {}): Reals<P> {
    const { data } = toMatrix(x, this.dim, 'Batch', { infinite: true })
    const sum = new LogMeanExp(data.length / this.dim)
    for (const member of this.members) sum.add(member.logProb(data, given))
    const out = this.#reals(data.length / this.dim)
    sum.into(out)
    return out
  }

  /**
   * ∇ₓ ln p(x) of every row [rows, dim], in nats per original unit: Σₘ rₘ ∇ ln pₘ with rₘ = pₘ/(k p), the share that member m
   * has in the density there; NaN where ln p is −∞.
   */
  score(x: Rows, given: Given = {}): Points<Reals<P>> {
    const { dim, members } = this
    const { data } = toMatrix(x, dim, 'Batch', { infinite: true })
    const rows = data.length / dim
    const own = members.map((member) => member.logProb(data, given))
    const sum = new LogMeanExp(rows)
    for (const logProb of own) sum.add(logProb)
    const whole = new Float64Array(rows)
    sum.into(whole)
    const gradient = new Float64Array(rows * dim)
    for (const [m, member] of members.entries()) {
      const { data: scores } = member.score(data, given)
      for (let i = 0; i < rows; i++) {
        const share = exp(own[m][i] - whole[i]) / members.length
        // Where a member's density is 0 it has no gradient and no say, unless it is 0 in all: then the share is NaN.
        if (share === 0) continue
        for (let at = i * dim; at < (i + 1) * dim; at++) gradient[at] += share * scores[at]
      }
    }
    const out = this.#reals(rows * dim)
    out.set(gradient)
    return pointsOf(out, dim)
  }

  /**
   * Draws [count, dim] rows in original units: for every row a member, each with the same chance, and of that one the row of
   * this number in its own sample of the seed.
   */
  sample(count: number, options: SampleOptions = {}): Points<Float64Array> {
    const draw = sampleOptions(count, options)
    const context = contextOfModelDraw(this, options.context, count)
    const out = new Float64Array(count * this.dim)
    sampleMembersInto(this.members.length, draw, out, this.dim, context, (m) => this.#memberDraw(m))
    return pointsOf(out, this.dim)
  }

  #reals(length: number): Reals<P> & Reals {
    return (this.precision === 'float64' ? new Float64Array(length) : new Float32Array(length)) as Reals<P> & Reals
  }

  /** Members that are built alike share an evaluator. */
  #memberDraw(m: number): MemberDraw {
    const { structure, kernels, numbers, scaler } = this.members[m]
    const kind = resolveKernels(kernels, this.precision)
    this.#evaluators ??= new Map()
    const key = JSON.stringify([structure.description, kind])
    const evaluator = this.#evaluators.get(key) ?? new Evaluator(structure, kind)
    this.#evaluators.set(key, evaluator)
    evaluator.setNumbers(numbers)
    return { evaluator, scaler }
  }
}

/**
 * The mixture of these flows in equal shares; it reads them where they are, so that whatever trains them further changes it.
 * @throws UsageError where there are none or more than 64, or they differ in their columns, context or precision.
 */
export function ensemble<P extends Precision>(members: readonly Flow<P>[]): Ensemble<P> {
  return new Ensemble(members)
}

/** The flows of a model: of a flow itself. */
export function membersOf<P extends Precision>(model: Model<P>): readonly Flow<P>[] {
  return model instanceof Flow ? [model] : model.members
}

/** The context of rows that are drawn from a model, as `contextOfDraw`: within the bound of every member. */
export function contextOfModelDraw(model: Model, context: Context | undefined, rows: number): Matrix | undefined {
  const matrix = readContext(model, context, rows)
  for (const member of membersOf(model)) contextOfDraw(member, matrix?.data, rows)
  return matrix
}

function checkAlike(first: Flow, member: Flow, number: number): void {
  const figures = ({ dim, contextDim, precision, data: { columns, table } }: Flow) => ({
    columns: dim,
    'columns of context': contextDim,
    precision,
    'names of columns': JSON.stringify(columns) ?? 'none',
    'kinds of columns': JSON.stringify(table) ?? 'none',
  })
  const [expected, got] = [figures(first), figures(member)]
  for (const [what, value] of Object.entries(got)) {
    const wanted = expected[what as keyof typeof expected]
    if (value === wanted) continue
    throw new UsageError(
      `Members of an ensemble are about the same columns: member ${number} (counted from 0) has ${what} ${value}, the first one ${wanted}.`,
    )
  }
}
