import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as diagonals from '../operations/positive-diagonal.js'
import { logOnePlusExp, sigma } from './functions.js'

export function portablePositiveDiagonal({ real }: Heap): Portable<typeof diagonals> {
  return {
    positiveDiagonal({ dim, rows, floor, sign, raw, diagonal, logDet }) {
      let logs = 0
      for (let i = 0; i < dim; i++) {
        const value = logOnePlusExp(real[raw + i]) + floor
        real[diagonal + i] = value
        logs += Math.log(value)
      }
      for (let t = 0; t < rows; t++) real[logDet + t] += sign * logs
    },
    positiveDiagonalBackward({ dim, rows, sign, raw, diagonal, dDiagonal, dLogDet, dRaw }) {
      let dLog = 0
      for (let t = 0; t < rows; t++) dLog += real[dLogDet + t]
      for (let i = 0; i < dim; i++) {
        const d = real[dDiagonal + i] + (sign * dLog) / real[diagonal + i]
        real[dRaw + i] += d * sigma(real[raw + i])
      }
    },
  }
}
