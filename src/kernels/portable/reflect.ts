import type { Heap, Offset } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as reflections from '../operations/reflect.js'

/** ‖v‖² of a vector without a direction. */
const NO_LENGTH = 1e-30

export function portableReflect({ real }: Heap): Portable<typeof reflections> {
  function factor(dim: number, v: Offset): number {
    let squares = 0
    for (let j = 0; j < dim; j++) squares += real[v + j] * real[v + j]
    return squares < NO_LENGTH ? 0 : 2 / squares
  }
  /** v·x of row t. */
  function along(dim: number, rows: number, v: Offset, x: Offset, t: number): number {
    let sum = 0
    for (let j = 0; j < dim; j++) sum += real[v + j] * real[x + j * rows + t]
    return sum
  }
  return {
    reflect({ dim, rows, v, x, z }) {
      const c = factor(dim, v)
      for (let t = 0; t < rows; t++) {
        const length = along(dim, rows, v, x, t)
        for (let j = 0; j < dim; j++) real[z + j * rows + t] = real[x + j * rows + t] - c * real[v + j] * length
      }
    },
    reflectBackward({ dim, rows, v, z, dz, x, dx, dv }) {
      const c = factor(dim, v)
      for (let t = 0; t < rows; t++) {
        const [length, dLength] = [along(dim, rows, v, z, t), along(dim, rows, v, dz, t)]
        for (let j = 0; j < dim; j++) {
          const at = j * rows + t
          const [value, d] = [real[z + at], real[dz + at]]
          real[dv + j] += c * (length * d - dLength * value)
          real[x + at] = value - c * real[v + j] * length
          real[dx + at] = d - c * real[v + j] * dLength
        }
      }
    },
  }
}
