import { Evaluator, type Reals } from '../flow/evaluator.js'
import type { FlowStructure } from '../flow/structure.js'
import type { KernelKind } from '../kernels/create.js'
import type { Heap } from '../kernels/heap.js'
import { valuesOf } from '../nets/parameters.js'
import type { TrainingPlan } from '../step/plan.js'

/** Rows that layers settle on, at most: the first ones of the training rows. */
const SETTLING_ROWS = 4096

/** Lets layers that ask for it set their numbers in the heap by what reaches them, one after another. */
export function settleLayers(structure: FlowStructure, plan: TrainingPlan, { real }: Heap, kind: KernelKind): void {
  const { layers, slots, stateSlots, numberCount, dim, width } = structure
  if (!layers.some(({ settle }) => settle)) return
  const evaluator = new Evaluator(structure, kind)
  const numbers = real.subarray(plan.params, plan.params + numberCount)
  const count = Math.min(plan.task.rows, evaluator.chunkRows, SETTLING_ROWS)
  for (const [l, { settle, parameters, state = [] }] of layers.entries()) {
    if (!settle) continue
    const rows = new Float64Array(count * dim)
    evaluator.setNumbers(numbers as Reals)
    evaluator.rows.set(real.subarray(plan.data, plan.data + count * width))
    evaluator.forward(count, (tile, kernels, first, n) => {
      for (let t = 0; t < n; t++) {
        for (let j = 0; j < dim; j++)
          rows[(first + t) * dim + j] = kernels.heap.real[tile.points[l] + j * tile.rows + t]
      }
    })
    settle(rows, valuesOf(parameters, numbers.subarray(slots[l])), valuesOf(state, numbers.subarray(stateSlots[l])))
  }
}
