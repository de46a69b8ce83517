import type { Heap } from '../heap.js'
import type { Kernels } from '../kernels.js'
import type { Portable } from '../operation.js'
import { type Operations, replayer } from '../program.js'
import { portableActNorm } from './act-norm.js'
import { portableActivations } from './activations.js'
import { portableAdamW } from './adamw.js'
import { portableAffineMaps } from './affine-maps.js'
import { portableBoundedMaps } from './bounded-maps.js'
import { portableCouple } from './couple.js'
import { portableDense } from './dense.js'
import { portableDropout } from './dropout.js'
import { portableElementwise } from './elementwise.js'
import { portableFourier } from './fourier.js'
import { portableGaussian } from './gaussian.js'
import { portableHinges } from './hinges.js'
import { portableLeakyReLU } from './leaky-relu.js'
import { portableLocationScale } from './location-scale.js'
import { portableMapBackward } from './map-backward.js'
import { portableMemory, portableRows } from './memory.js'
import { portableMixture } from './mixture.js'
import { portableNarrowCoupling } from './narrow-coupling.js'
import { portablePositiveDiagonal } from './positive-diagonal.js'
import { portablePositiveMaps } from './positive-maps.js'
import { portableQuantileSpline } from './quantile-spline.js'
import { portableRandom } from './random.js'
import { portableRationalQuadratic } from './rational-quadratic.js'
import { portableReflect } from './reflect.js'
import { portableRotate } from './rotate.js'
import { portableScaleRows } from './scale-rows.js'
import { portableSinhArcsinh } from './sinh-arcsinh.js'
import { portableSpread } from './spread.js'
import { portableStandardise } from './standardise.js'
import { portableStudentT } from './student-t.js'
import { portableSymmetricLog } from './symmetric-log.js'
import { portableTraining } from './training.js'
import { portableTriangular } from './triangular.js'
import { portableUniformBox } from './uniform-box.js'
import { portableWhiten } from './whiten.js'
import { portableYeoJohnson } from './yeo-johnson.js'

/** The reference kernels: plain loops in double precision over a float32 or float64 heap. */
export function createPortable(heap: Heap): Kernels {
  const parts = {
    ...portableMemory(heap),
    ...portableElementwise(heap),
    ...portableDense(heap),
    ...portableCouple(heap),
    ...portableLeakyReLU(heap),
    ...portableFourier(heap),
    ...portableGaussian(heap),
    ...portableSpread(heap),
    ...portableActivations(heap),
    ...portableAffineMaps(heap),
    ...portableBoundedMaps(heap),
    ...portableDropout(heap),
    ...portableMapBackward(heap),
    ...portablePositiveMaps(heap),
    ...portableRationalQuadratic(heap),
    ...portableHinges(heap),
    ...portableScaleRows(heap),
    ...portableQuantileSpline(heap),
    ...portableSinhArcsinh(heap),
    ...portableSymmetricLog(heap),
    ...portableYeoJohnson(heap),
    ...portableActNorm(heap),
    ...portableTriangular(heap),
    ...portablePositiveDiagonal(heap),
    ...portableReflect(heap),
    ...portableRotate(heap),
    ...portableLocationScale(heap),
    ...portableMixture(heap),
    ...portableStudentT(heap),
    ...portableUniformBox(heap),
    ...portableWhiten(heap),
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
    ...portableTraining(heap),
  }
}
