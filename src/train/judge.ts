import type { Generator } from '../data/generators.js'
import type { RowBlock } from '../data/row-source.js'
import { RowTransform } from '../data/row-transform.js'
import { isBent } from '../data/scaler.js'
import { joined } from '../flow/context.js'
import type { Model } from '../flow/ensemble.js'
import type { Reals } from '../flow/evaluator.js'
import { type ParallelOptions, parallelRowsOf } from '../parallel/chunks.js'
import { densityRoom, logProbTo } from '../parallel/evaluate.js'
import type { Baselines } from './baseline.js'
import { type DominatingRows, DominatingRowsSearch } from './dominating-rows.js'
import type { Part } from './given-rows.js'
import { type MeanNLL, RunningMean } from './mean-nll.js'
import { type Quartiles, QuartilesFit } from './quartiles.js'

/** What the flow is compared with. */
export interface Rivals extends Baselines {
  readonly truth: Pick<Generator, 'logProb'> | undefined
}

/** How likely some rows are under a flow and its rivals. */
export interface Judged {
  readonly nll: MeanNLL
  readonly quartiles: Quartiles
  readonly dominating: DominatingRows | undefined
  /** In standardised units, where those are more than other units for each column. */
  readonly standardised: MeanNLL | undefined
  readonly gaussian: Compared | undefined
  readonly mixture: Compared | undefined
  /** The paired mean of ln p_true − ln p_model. */
  readonly excess: MeanNLL | undefined
}

export interface Compared {
  /** The rival's. */
  readonly nll: MeanNLL
  /** The paired mean of ln p_model − ln p_rival: above 0 where the flow is better. */
  readonly gain: MeanNLL
}

/** Goes through the rows once, block by block. */
export async function judge(
  flow: Model,
  { rows: source, weights }: Part,
  rivals: Rivals,
  parallel: ParallelOptions,
): Promise<Judged> {
  const { columns } = source
  const blockRows = Math.min(source.rows, parallelRowsOf(columns))
  const model = densityRoom(flow, blockRows)
  const tally = new Tally(flow, source.rows, columns, blockRows, rivals)
  let first = 0
  for await (const block of source.blocks(blockRows)) {
    const rows = block.length / columns
    const logProb = model.subarray(0, rows)
    await logProbTo(flow, joined({ data: block, rows, columns }), logProb, parallel)
    tally.add(block, logProb, weights?.subarray(first, first + rows))
    first += rows
  }
  return tally.end()
}

/** The sums of a pass through some rows. */
class Tally {
  readonly #columns: number
  readonly #rivals: Rivals
  readonly #transform: RowTransform | undefined
  readonly #passed: Float64Array
  readonly #values: Float64Array
  readonly #others: Float64Array
  readonly #quartiles: QuartilesFit
  readonly #dominating: DominatingRowsSearch
  readonly #nll = new RunningMean()
  readonly #standardised = new RunningMean()
  readonly #gaussian = { nll: new RunningMean(), gain: new RunningMean() }
  readonly #mixture = { nll: new RunningMean(), gain: new RunningMean() }
  readonly #excess = new RunningMean()

  constructor({ scaler, dim }: Model, rows: number, columns: number, blockRows: number, rivals: Rivals) {
    this.#columns = columns
    this.#rivals = rivals
    this.#transform = isBent(scaler) ? new RowTransform(scaler, dim) : undefined
    this.#passed = new Float64Array(this.#transform ? blockRows * columns : 0)
    this.#values = new Float64Array(blockRows)
    this.#others = new Float64Array(blockRows)
    this.#quartiles = new QuartilesFit(rows)
    this.#dominating = new DominatingRowsSearch(rows)
  }

  add(block: RowBlock, logProb: Reals, weights: Float64Array | undefined): void {
    const rows = logProb.length
    const values = this.#values.subarray(0, rows)
    for (let i = 0; i < rows; i++) values[i] = -logProb[i]
    this.#nll.add(values, weights)
    this.#quartiles.add(values, weights)
    this.#dominating.add(values, weights)
    if (this.#transform) {
      this.#transform.forward(block, this.#passed)
      for (let i = 0; i < rows; i++) values[i] += this.#transform.logDets[i]
      this.#standardised.add(values, weights)
    }
    const { gaussian, mixture, truth } = this.#rivals
    if (gaussian) this.#compare(this.#gaussian, gaussian, block, logProb, weights)
    if (mixture) this.#compare(this.#mixture, mixture.logProb, block, logProb, weights)
    if (!truth) return
    const columns = this.#columns
    for (let i = 0; i < rows; i++) {
      values[i] = truth.logProb(block[i * columns], block[i * columns + 1]) - logProb[i]
    }
    this.#excess.add(values, weights)
  }

  #compare(
    { nll, gain }: Record<keyof Compared, RunningMean>,
    rival: Baselines['gaussian'] & object,
    block: RowBlock,
    logProb: Reals,
    weights: Float64Array | undefined,
  ): void {
    const rows = logProb.length
    const [values, others] = [this.#values.subarray(0, rows), this.#others.subarray(0, rows)]
    rival(block, others)
    for (let i = 0; i < rows; i++) values[i] = logProb[i] - others[i]
    gain.add(values, weights)
    for (let i = 0; i < rows; i++) values[i] = -others[i]
    nll.add(values, weights)
  }

  end(): Judged {
    const { gaussian, mixture, truth } = this.#rivals
    const compared = ({ nll, gain }: Record<keyof Compared, RunningMean>): Compared => ({
      nll: nll.end(),
      gain: gain.end(),
    })
    return {
      nll: this.#nll.end(),
      quartiles: this.#quartiles.end(),
      dominating: this.#dominating.end(),
      standardised: this.#transform && this.#standardised.end(),
      gaussian: gaussian && compared(this.#gaussian),
      mixture: mixture && compared(this.#mixture),
      excess: truth && this.#excess.end(),
    }
  }
}
