import type { Heap } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as waves from '../operations/fourier.js'

const TURN = 2 * Math.PI

export function portableFourier({ real }: Heap): Portable<typeof waves> {
  return {
    fourier({ n, features, rows, period, x, y }) {
      const raw = features % 2
      for (let i = 0; i < n; i++) {
        for (let t = 0; t < rows; t++) {
          const given = real[x + i * rows + t]
          const to = y + i * features * rows + t
          const turns = given / period
          // Less than half a turn, exactly: of k times as much no place is lost either.
          const rest = turns - Math.round(turns)
          if (raw) real[to] = given
          for (let k = 1; 2 * k <= features; k++) {
            const sine = to + (raw + 2 * (k - 1)) * rows
            real[sine] = Math.sin(TURN * k * rest)
            real[sine + rows] = Math.cos(TURN * k * rest)
          }
        }
      }
    },
    /**
     * With sₖ = sin kωx and cₖ = cos kωx, by what x goes into:
     *   ∂x/∂x = 1,  ∂sₖ/∂x = kω·cₖ,  ∂cₖ/∂x = −kω·sₖ
     *   dx = dy(x) + Σₖ kω·(cₖ·dy(sₖ) − sₖ·dy(cₖ))
     */
    fourierBackward({ n, features, rows, period, y, dy, dx }) {
      const raw = features % 2
      for (let i = 0; i < n; i++) {
        for (let t = 0; t < rows; t++) {
          const first = i * features * rows + t
          let sum = raw ? real[dy + first] : 0
          for (let k = 1; 2 * k <= features; k++) {
            const sine = first + (raw + 2 * (k - 1)) * rows
            const cosine = sine + rows
            sum += ((k * TURN) / period) * (real[y + cosine] * real[dy + sine] - real[y + sine] * real[dy + cosine])
          }
          real[dx + i * rows + t] = sum
        }
      }
    },
  }
}
