import type { Flow } from '../flow/flow.js'
import { resolveKernels } from '../kernels/create.js'
import { planFit } from './fit-plan.js'
import { frozenRanges } from './frozen.js'
import { checkFitOptions, type FitOptions } from './options.js'
import { validationRowsOf } from './split.js'

/** What a fit is going to take of threads and memory. */
export interface FitMemory {
  /** 0 where it stays on the calling thread. */
  readonly threads: number
  readonly trainingRows: number
  readonly validationRows: number
  /** Of the rows, standardised, which all threads share. */
  readonly rowBytes: number
  /** Of everything else: parameters, moments, gradients, activations; by the number of threads, at least one. */
  readonly bytesPerThread: number
}

/**
 * The same for so many rows, before any of them is looked at.
 * @throws UsageError as `fit`.
 */
export function fitMemory(flow: Flow, rows: number, options: FitOptions, weighted: boolean): FitMemory {
  const { structure } = flow
  const checked = checkFitOptions(options, rows)
  const validationRows = validationRowsOf(rows, checked.validation)
  const trainingRows = rows - validationRows
  const frozen = frozenRanges(structure, checked.frozen)
  const kernels = resolveKernels(checked.kernels, structure.description.precision)
  const { plan, size } = planFit(structure, { rows: trainingRows, validationRows, weighted, frozen }, checked, kernels)
  const { numbers } = flow
  const rowBytes = rows * (structure.width + (weighted ? 1 : 0)) * numbers.BYTES_PER_ELEMENT
  const threads = Math.max(1, size)
  return {
    ...{ threads: size, trainingRows, validationRows, rowBytes },
    bytesPerThread: (plan.bytes - rowBytes) / threads,
  }
}
