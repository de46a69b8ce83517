import type { Heap, Offset } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as rotations from '../operations/rotate.js'

export function portableRotate({ real }: Heap): Portable<typeof rotations> {
  function turn(rows: number, angle: number, from: Offset, to: Offset): void {
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
    for (let t = 0; t < rows; t++) {
      const [first, second] = [real[from + t], real[from + rows + t]]
      real[to + t] = cosine * first - sine * second
      real[to + rows + t] = sine * first + cosine * second
    }
  }
  return {
    rotate: ({ rows, sign, angle, x, z }) => turn(rows, sign * real[angle], x, z),
    rotateBackward({ rows, sign, angle, z, dz, dx, dAngle }) {
      let sum = 0
      for (let t = 0; t < rows; t++) sum += real[dz + rows + t] * real[z + t] - real[dz + t] * real[z + rows + t]
      turn(rows, -sign * real[angle], dz, dx)
      real[dAngle] += sign * sum
    },
  }
}
