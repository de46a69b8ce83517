import { RowTransform } from '../data/row-transform.js'
import { type Matrix, toMatrix } from '../data/rows.js'
import { scalerPart } from '../data/scaler.js'
import type { Flow, TraceStep } from '../flow/flow.js'
import { PURPOSE } from '../random/purposes.js'
import { randomStream } from '../random/stream.js'
import { column } from './columns.js'

/** Two coordinates of a set of points on their way through a flow. */
export interface Cloud {
  /** Numbered by layer where it came out of one: "3 · out of Leaky ReLU". */
  readonly name: string
  readonly x: Float64Array
  readonly y: Float64Array
}

/** Data [rows, dim ≥ 2] and what each layer makes of them, data → noise; the first two coordinates, standardised. */
export function cloudsToNoise(flow: Flow, data: Matrix): Cloud[] {
  return flow.trace(data.data).map((step) => cloudOf(flow, step, step.layer < 0))
}

/** A normal sample and what each layer makes of it, noise → data; the first two coordinates, standardised. */
export function cloudsToData(flow: Flow, count: number, seed = 0): Cloud[] {
  const stream = randomStream(seed, PURPOSE.sample, 0)
  const noise = new Float64Array(count * flow.dim)
  for (let i = 0; i < count; i++) {
    stream.seek(i)
    for (let j = 0; j < flow.dim; j++) noise[i * flow.dim + j] = stream.normal()
  }
  return flow.traceInverse(noise).map((step) => cloudOf(flow, step, step.layer === 0))
}

/** `original` is whether the points are in original units: all clouds of a picture share one scale. */
function cloudOf({ dim, scaler }: Flow, { name, layer, points }: TraceStep, original: boolean): Cloud {
  const given = toMatrix(points, dim, 'Trace', { infinite: true })
  const standardised = () => {
    const z = new Float64Array(given.data.length)
    new RowTransform({ ...scaler, ...scalerPart(scaler, 0, dim) }, dim).forward(given.data, z)
    return { ...given, data: z }
  }
  const matrix = original ? standardised() : given
  const [x, y] = [column(matrix, 0), column(matrix, 1)]
  return { name: layer < 0 ? name : `${layer + 1} · ${name}`, x, y }
}

/** Every point's place from the lowest to the highest of the start cloud, cut into `groups` of equal size. */
export function groupsByHeight({ y }: Cloud, groups: number): Uint8Array {
  const order = Array.from(y, (_, i) => i).sort((a, b) => y[a] - y[b])
  const group = new Uint8Array(y.length)
  order.forEach((point, rank) => {
    group[point] = Math.floor((rank * groups) / y.length)
  })
  return group
}
