import { copy } from '../kernels/operations/memory.js'
import { type Pass, parts, type Span } from '../kernels/pass.js'

/** to[j] = from[order[j]], coordinates that follow one another on both sides in one call. */
export function reorder(pass: Pass, order: readonly number[], from: Span, to: Span): void {
  for (let j = 0; j < order.length; ) {
    let count = 1
    while (order[j + count] === order[j] + count) count++
    copy(pass, { x: parts(from, order[j], count), y: parts(to, j, count) })
    j += count
  }
}

/** The order that undoes another one. */
export function undone(order: readonly number[]): number[] {
  const inverse = new Array<number>(order.length)
  for (const [j, k] of order.entries()) inverse[k] = j
  return inverse
}
