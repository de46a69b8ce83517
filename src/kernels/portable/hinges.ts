import type { Heap, Offset } from '../heap.js'
import type { Portable } from '../operation.js'
import type * as operations from '../operations/hinges.js'

/** ReLU units of one number, each by itself; which of them are above 0 follows from a row's piece. */
export function portableHinges({ real }: Heap): Portable<typeof operations> {
  function knotsOf(hidden: number, slope: Offset, offset: Offset) {
    // Rounded as the heap's numbers are, for a row's piece hangs on them.
    const knots = real.slice(0, hidden)
    for (let i = 0; i < hidden; i++) {
      const flat = real[offset + i] > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
      knots[i] = real[slope + i] === 0 ? flat : -real[offset + i] / real[slope + i]
      if (Number.isNaN(knots[i])) knots[i] = Number.POSITIVE_INFINITY
    }
    return knots
  }
  /** By unit, the place of its knot among all in their order. */
  function placesOf(knots: Heap['real']): number[] {
    const order = Array.from(knots.keys()).sort((i, j) => knots[i] - knots[j] || i - j)
    const places: number[] = []
    for (const [place, i] of order.entries()) places[i] = place
    return places
  }
  /** Units with a negative slope are above 0 left of their knot, the others right of it. */
  const isAbove = (slope: number, place: number, piece: number) => (slope < 0 ? place >= piece : place < piece)

  return {
    hinges({ outDim, hidden, rows, x, slope, offset, weight, bias, piece, y }) {
      const knots = knotsOf(hidden, slope, offset)
      const places = placesOf(knots)
      for (let t = 0; t < rows; t++) {
        const value = real[x + t]
        let k = 0
        for (const knot of knots) if (knot < value) k++
        real[piece + t] = k
        for (let o = 0; o < outDim; o++) {
          let sum = real[bias + o]
          for (let i = 0; i < hidden; i++) {
            if (!isAbove(real[slope + i], places[i], k)) continue
            sum += real[weight + o * hidden + i] * (real[slope + i] * value + real[offset + i])
          }
          real[y + o * rows + t] = sum
        }
      }
    },
    hingesBackward(args) {
      const { outDim, hidden, rows, x, piece, slope, offset, weight, dy, dx, dSlope, dOffset, dWeight, dBias } = args
      const places = placesOf(knotsOf(hidden, slope, offset))
      const dIn = new Float64Array(rows)
      for (let i = 0; i < hidden; i++) {
        const [a, b] = [real[slope + i], real[offset + i]]
        let [toSlope, toOffset] = [0, 0]
        for (let o = 0; o < outDim; o++) {
          const w = real[weight + o * hidden + i]
          let [byX, alone] = [0, 0]
          for (let t = 0; t < rows; t++) {
            if (!isAbove(a, places[i], real[piece + t])) continue
            const d = real[dy + o * rows + t]
            byX += d * real[x + t]
            alone += d
            dIn[t] += a * w * d
          }
          toSlope += w * byX
          toOffset += w * alone
          real[dWeight + o * hidden + i] += a * byX + b * alone
        }
        real[dSlope + i] += toSlope
        real[dOffset + i] += toOffset
      }
      for (let t = 0; t < rows; t++) real[dx + t] = dIn[t]
      for (let o = 0; o < outDim; o++) {
        let sum = 0
        for (let t = 0; t < rows; t++) sum += real[dy + o * rows + t]
        real[dBias + o] += sum
      }
    },
  }
}
