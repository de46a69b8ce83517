// Every map of one coordinate, for the laws that all of them obey.
import type { Heap } from '#kernels/heap.js'
import type { Declaration } from '#kernels/operation.js'
import { clampedAffine, clampedAffineInverse } from '#kernels/operations/affine-maps.js'
import {
  hyperbolicTangent,
  hyperbolicTangentInverse,
  logistic,
  logisticInverse,
  softsign,
  softsignInverse,
} from '#kernels/operations/bounded-maps.js'
import { exponential, exponentialInverse, softplus, softplusInverse } from '#kernels/operations/positive-maps.js'
import { sinhArcsinh, sinhArcsinhInverse } from '#kernels/operations/sinh-arcsinh.js'
import { symmetricLog, symmetricLogInverse } from '#kernels/operations/symmetric-log.js'
import { yeoJohnson, yeoJohnsonInverse } from '#kernels/operations/yeo-johnson.js'
import { portableAffineMaps } from '#kernels/portable/affine-maps.js'
import { portableBoundedMaps } from '#kernels/portable/bounded-maps.js'
import { portableMapBackward } from '#kernels/portable/map-backward.js'
import { portablePositiveMaps } from '#kernels/portable/positive-maps.js'
import { portableSinhArcsinh } from '#kernels/portable/sinh-arcsinh.js'
import { portableSymmetricLog } from '#kernels/portable/symmetric-log.js'
import { portableYeoJohnson } from '#kernels/portable/yeo-johnson.js'

/** What numbers of a row come with: θ itself, and the outputs that hold f_θ and g_θ. */
export interface MapNumber {
  readonly name: string
  readonly f: string
  readonly g: string
}

export interface ElementMap {
  readonly forward: Declaration
  readonly inverse: Declaration
  readonly numbers: readonly MapNumber[]
  readonly values: Readonly<Record<string, number>>
  /** Where x may lie for a round trip from x to z to x to be well conditioned in float64. */
  readonly domain: readonly [low: number, high: number]
  /** Where z may lie. */
  readonly image: readonly [low: number, high: number]
}

const number = (name: string): MapNumber => {
  const capital = name[0].toUpperCase() + name.slice(1)
  return { name, f: `f${capital}`, g: `g${capital}` }
}

const none = { numbers: [], values: {} }
const LINE = [-1e25, 1e25] as const

export const MAPS: readonly ElementMap[] = [
  { forward: hyperbolicTangent, inverse: hyperbolicTangentInverse, ...none, domain: [-8, 8], image: [-1, 1] },
  { forward: logistic, inverse: logisticInverse, ...none, domain: [-700, 15], image: [0, 1] },
  { forward: softsign, inverse: softsignInverse, ...none, domain: [-1e4, 1e4], image: [-1, 1] },
  { forward: softplus, inverse: softplusInverse, ...none, domain: [-700, 1e9], image: [0, Infinity] },
  { forward: exponential, inverse: exponentialInverse, ...none, domain: [-700, 700], image: [0, Infinity] },
  {
    forward: sinhArcsinh,
    inverse: sinhArcsinhInverse,
    numbers: [number('skew'), number('raw')],
    values: {},
    domain: LINE,
    image: LINE,
  },
  { forward: symmetricLog, inverse: symmetricLogInverse, ...none, domain: LINE, image: [-57, 57] },
  { forward: yeoJohnson, inverse: yeoJohnsonInverse, numbers: [number('raw')], values: {}, domain: LINE, image: LINE },
  {
    forward: clampedAffine,
    inverse: clampedAffineInverse,
    numbers: [number('a'), { name: 't', f: 'slope', g: 'bend' }],
    values: { bound: 2 },
    domain: LINE,
    image: LINE,
  },
]

/** The files of src/kernels/assembly with their kernels. */
export const FILES = [
  'bounded-maps',
  'positive-maps',
  'sinh-arcsinh',
  'symmetric-log',
  'yeo-johnson',
  'affine-maps',
  'map-backward',
]

/** The reference kernels of all of them. */
export const portableMaps = (heap: Heap) => ({
  ...portableBoundedMaps(heap),
  ...portablePositiveMaps(heap),
  ...portableSinhArcsinh(heap),
  ...portableSymmetricLog(heap),
  ...portableYeoJohnson(heap),
  ...portableAffineMaps(heap),
  ...portableMapBackward(heap),
})
