import type { Heap } from '../heap.js'
import type { Kernels } from '../kernels.js'
import type { Portable } from '../operation.js'
import { type Operations, replayer } from '../program.js'
import { portableAdamW } from './adamw.js'
import { portableCouple } from './couple.js'
import { portableDense } from './dense.js'
import { portableElementwise } from './elementwise.js'
import { portableGaussian } from './gaussian.js'
import { portableLeakyReLU } from './leaky-relu.js'
import { portableMemory, portableRows } from './memory.js'
import { portableNarrowCoupling } from './narrow-coupling.js'
import { portableRandom } from './random.js'
import { portableSpread } from './spread.js'
import { portableStandardise } from './standardise.js'

/** The reference kernels: plain loops in double precision over a float32 or float64 heap. */
export function createPortable(heap: Heap): Kernels {
  const parts = {
    ...portableMemory(heap),
    ...portableElementwise(heap),
    ...portableDense(heap),
    ...portableCouple(heap),
    ...portableLeakyReLU(heap),
    ...portableGaussian(heap),
    ...portableSpread(heap),
  }
  const operations: Portable<Operations> = { ...parts, ...portableNarrowCoupling(heap, parts) }
  return {
    name: 'portable',
    heap,
    run: replayer(operations, heap),
    call: (name, args) => (operations[name] as (given: typeof args) => void)(args),
    fill: (n, value, y) => operations.fill({ n, value, y }),
    copy: (n, x, y) => operations.copy({ n, x, y }),
    add: (n, x, y) => operations.add({ n, x, y }),
    ...portableRows(heap),
    ...portableStandardise(heap),
    ...portableRandom(heap),
    ...portableAdamW(heap),
  }
}
