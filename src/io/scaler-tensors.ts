import { FormatError } from '../errors.js'
import type { Tensor } from './safetensors.js'

/** A scaler as a model file holds it; the shapes are those of the scaler that flows have. */
export interface ScalerRecord {
  readonly supports?: readonly { readonly low?: number; readonly high?: number }[]
  readonly mean: Float64Array
  readonly sd: Float64Array
  readonly marginals?: readonly {
    readonly v: Float64Array
    readonly z: Float64Array
    readonly slopes: Float64Array
    readonly bends: Float64Array
  }[]
  readonly whitening?: { readonly mean: Float64Array; readonly matrix: Float64Array }
}

const NAMES = {
  mean: 'scaler.mean',
  sd: 'scaler.sd',
  /** Of shape [dim, 4], whether there is a lower bound, that bound, and so for the upper one. */
  supports: 'scaler.supports',
  bends: 'scaler.bends',
  whiteningMean: 'scaler.whitening.mean',
  whitening: 'scaler.whitening.matrix',
}
/** With a column's number behind: [3, knots], v, z and slopes of them. */
const KNOTS = 'scaler.knots.'
const PREFIX = 'scaler.'
/** A tail is a line, or bends by this: within it its inverse is one to 6 digits. */
const BENDS = { least: 1e-3, most: 1e3 }

/** Whether the scaler is more than a line for each column. */
export function isBent({ supports, marginals, whitening }: ScalerRecord): boolean {
  return supports !== undefined || marginals !== undefined || whitening !== undefined
}

/** Whether a tensor of this name belongs to the scaler. */
export function isOfScaler(name: string): boolean {
  return name.startsWith(PREFIX)
}

/** The float64 tensors of a scaler; of one that is lines, mean and sd alone. */
export function encodeScaler({ mean, sd, supports, marginals, whitening }: ScalerRecord): Tensor[] {
  const tensor = (name: string, shape: readonly number[], data: Float64Array): Tensor => ({
    name,
    dtype: 'F64',
    shape,
    data,
  })
  const tensors = [tensor(NAMES.mean, [mean.length], mean), tensor(NAMES.sd, [sd.length], sd)]
  if (supports) {
    const side = (bound: number | undefined) => (bound === undefined ? [0, 0] : [1, bound])
    const data = Float64Array.from(supports.flatMap(({ low, high }) => [...side(low), ...side(high)]))
    tensors.push(tensor(NAMES.supports, [supports.length, 4], data))
  }
  if (marginals) {
    for (const [j, { v, z, slopes }] of marginals.entries()) {
      tensors.push(tensor(KNOTS + j, [3, v.length], Float64Array.from([...v, ...z, ...slopes])))
    }
    const bends = Float64Array.from(marginals.flatMap((marginal) => [...marginal.bends]))
    tensors.push(tensor(NAMES.bends, [marginals.length, 2], bends))
  }
  if (whitening) {
    const dim = whitening.mean.length
    const shape = whitening.matrix.length === dim ? [dim] : [dim, dim]
    tensors.push(tensor(NAMES.whiteningMean, [dim], whitening.mean))
    tensors.push(tensor(NAMES.whitening, shape, whitening.matrix))
  }
  return tensors
}

/**
 * The scaler among a file's tensors; `bent` is whether it may be more than lines.
 * @throws FormatError for numbers or shapes that no scaler has.
 */
export function decodeScaler(tensors: readonly Tensor[], bent: boolean): ScalerRecord {
  const all = new Map(tensors.filter(({ name }) => isOfScaler(name)).map((tensor) => [tensor.name, tensor]))
  const take = (name: string) => {
    const tensor = all.get(name)
    all.delete(name)
    return tensor
  }
  const [mean, sd] = [vector(NAMES.mean, take(NAMES.mean)), vector(NAMES.sd, take(NAMES.sd))]
  if (mean.length !== sd.length || !sd.every((value) => value > 0 && 1 / value < Infinity)) {
    throw damaged('its scaler is not one positive standard deviation for each mean')
  }
  const supports = bent && all.has(NAMES.supports) ? decodeSupports(take(NAMES.supports)) : undefined
  const marginals = bent && all.has(NAMES.bends) ? decodeMarginals(take) : undefined
  const whitening = bent && all.has(NAMES.whitening) ? decodeWhitening(take) : undefined
  const [extra] = all.keys()
  if (extra !== undefined) throw damaged(`its scaler has no use for a tensor "${extra}"`)
  return { mean, sd, ...(supports && { supports }), ...(marginals && { marginals }), ...(whitening && { whitening }) }
}

function decodeSupports(tensor: Tensor | undefined): NonNullable<ScalerRecord['supports']> {
  const all = numbers(NAMES.supports, tensor)
  if (tensor?.shape.length !== 2 || tensor.shape[1] !== 4)
    throw damaged(`its "${NAMES.supports}" are not four a column`)
  return Array.from({ length: tensor.shape[0] }, (_, j) => {
    const [hasLow, low, hasHigh, high] = all.subarray(4 * j, 4 * j + 4)
    const known = [hasLow, hasHigh].every((flag) => flag === 0 || flag === 1)
    if (!known || (hasLow && hasHigh && !(low < high))) {
      throw damaged(`its "${NAMES.supports}" are no bounds of a column`)
    }
    return { ...(hasLow === 1 && { low }), ...(hasHigh === 1 && { high }) }
  })
}

type Take = (name: string) => Tensor | undefined

function decodeMarginals(take: Take): ScalerRecord['marginals'] {
  const tails = take(NAMES.bends)
  const bends = numbers(NAMES.bends, tails)
  if (tails?.shape.length !== 2 || tails.shape[1] !== 2) throw damaged(`its "${NAMES.bends}" are not two a column`)
  if (!bends.every((bend) => bend === 0 || (bend >= BENDS.least && bend <= BENDS.most))) {
    throw damaged(`its "${NAMES.bends}" are neither 0 nor between ${BENDS.least} and ${BENDS.most}`)
  }
  return Array.from({ length: tails.shape[0] }, (_, j) => {
    const tensor = take(KNOTS + j)
    const all = numbers(KNOTS + j, tensor)
    const [rows, knots] = tensor?.shape ?? []
    if (tensor?.shape.length !== 2 || rows !== 3 || knots < 1) throw damaged(`its "${KNOTS}${j}" are not [3, knots]`)
    const [v, z, slopes] = [0, 1, 2].map((r) => all.slice(r * knots, (r + 1) * knots))
    if (!rises(v, z) || !slopes.every((slope) => slope > 0 && 1 / slope < Infinity)) {
      throw damaged(`its "${KNOTS}${j}" do not rise, or not with slopes > 0`)
    }
    return { v, z, slopes, bends: bends.slice(2 * j, 2 * j + 2) }
  })
}

/** Whether both rise strictly, from knot to knot by a finite ratio. */
function rises(v: Float64Array, z: Float64Array): boolean {
  for (let k = 1; k < v.length; k++) {
    const [w, h] = [v[k] - v[k - 1], z[k] - z[k - 1]]
    if (!(w > 0 && h > 0 && w < Infinity && h < Infinity && h / w > 0 && h / w < Infinity)) return false
  }
  return true
}

function decodeWhitening(take: Take): ScalerRecord['whitening'] {
  const mean = vector(NAMES.whiteningMean, take(NAMES.whiteningMean))
  const tensor = take(NAMES.whitening)
  const matrix = numbers(NAMES.whitening, tensor)
  const dim = mean.length
  const { shape = [] } = tensor ?? {}
  if (!(shape.every((side) => side === dim) && (shape.length === 1 || shape.length === 2))) {
    throw damaged(`its "${NAMES.whitening}" is no [${dim}, ${dim}] and no diagonal [${dim}]`)
  }
  for (let j = 0; j < dim; j++) {
    const pivot = matrix[shape.length === 1 ? j : j * dim + j]
    if (!(pivot > 0 && 1 / pivot < Infinity)) throw damaged(`its "${NAMES.whitening}" has a diagonal that is not > 0`)
    for (let k = j + 1; k < dim && shape.length === 2; k++) {
      if (matrix[j * dim + k] !== 0) throw damaged(`its "${NAMES.whitening}" is not lower triangular`)
    }
  }
  return { mean, matrix }
}

function vector(name: string, tensor: Tensor | undefined): Float64Array {
  if (tensor?.dtype !== 'F64' || tensor.shape.length !== 1) throw damaged(`it has no float64 vector "${name}"`)
  return numbers(name, tensor)
}

function numbers(name: string, tensor: Tensor | undefined): Float64Array {
  if (tensor?.dtype !== 'F64') throw damaged(`it has no float64 tensor "${name}"`)
  if (!tensor.data.every(Number.isFinite)) throw damaged(`its tensor "${name}" holds a value that is not finite`)
  return tensor.data
}

export function damaged(what: string): FormatError {
  return new FormatError(`This model file is damaged: ${what}.`)
}
