import { affineCoupling } from '../layers/affine-coupling.js'
import { alternatingMask } from '../layers/coupling.js'
import { elementwise } from '../layers/elementwise.js'
import type { LayerSpec } from '../layers/layer.js'
import { leakyReLU } from '../layers/leaky-relu.js'
import { mlp } from '../nets/mlp.js'
import { softAffine } from '../transformers/soft-affine.js'
import type { TrainOptions } from './train-options.js'

/** The tutorial's chain: `layers` pairs of leaky ReLU and affine coupling, the masks alternating. */
export function architecture(dim: number, { layers, hidden }: Pick<TrainOptions, 'layers' | 'hidden'>): LayerSpec[] {
  return Array.from({ length: layers }, (_, i) => [
    leakyReLU(),
    // A coupling needs a column to keep; one alone is moved by what it is given.
    dim > 1
      ? affineCoupling({ mask: alternatingMask(dim, i), hidden })
      : elementwise({ transformer: softAffine(), conditioner: mlp({ hidden }) }),
  ]).flat()
}
