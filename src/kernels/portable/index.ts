import type { Heap } from '../heap.js'
import type { Kernels } from '../kernels.js'
import type { Portable } from '../operation.js'
import { type Operations, replayer } from '../program.js'
import { portableActivations } from './activations.js'
import { portableAdamW } from './adamw.js'
import { portableAffineMaps } from './affine-maps.js'
import { portableBoundedMaps } from './bounded-maps.js'
import { portableCouple } from './couple.js'
import { portableDense } from './dense.js'
import { portableDropout } from './dropout.js'
import { portableElementwise } from './elementwise.js'
import { portableGaussian } from './gaussian.js'
import { portableLeakyReLU } from './leaky-relu.js'
import { portableMapBackward } from './map-backward.js'
import { portableMemory, portableRows } from './memory.js'
import { portableNarrowCoupling } from './narrow-coupling.js'
import { portablePositiveMaps } from './positive-maps.js'
import { portableQuantileSpline } from './quantile-spline.js'
import { portableRandom } from './random.js'
import { portableSinhArcsinh } from './sinh-arcsinh.js'
import { portableSpread } from './spread.js'
import { portableStandardise } from './standardise.js'
import { portableYeoJohnson } from './yeo-johnson.js'

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
    ...portableActivations(heap),
    ...portableAffineMaps(heap),
    ...portableBoundedMaps(heap),
    ...portableDropout(heap),
    ...portableMapBackward(heap),
    ...portablePositiveMaps(heap),
    ...portableQuantileSpline(heap),
    ...portableSinhArcsinh(heap),
    ...portableYeoJohnson(heap),
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
