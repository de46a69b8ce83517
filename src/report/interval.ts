/** A closed interval with low < high. */
export type Interval = readonly [low: number, high: number]

/** The values' range widened by a share of itself on both sides; a single value gets room around it. */
export function padded(low: number, high: number, share: number): Interval {
  // Where the values agree to the last digits there is no range to widen; a millionth of their size keeps ticks apart.
  const least = Math.max(Math.abs(low), Math.abs(high)) * 1e-9
  if (!(high - low > least)) {
    const room = Math.max(Math.abs(low) * 1e-3, low === 0 ? 1 : 0)
    return [low - room, low + room]
  }
  return [low - (high - low) * share, high + (high - low) * share]
}

/** Finite values in ascending order. */
export function sorted(values: ArrayLike<number>): Float64Array {
  const finite = new Float64Array(values.length)
  let count = 0
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) finite[count++] = values[i]
  return finite.subarray(0, count).sort()
}

/** The value below which a share of the sorted values lies, interpolated; NaN without values. */
export function quantile(ascending: Float64Array, share: number): number {
  const at = share * (ascending.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, ascending.length - 1)
  return ascending[below] + (at - below) * (ascending[above] - ascending[below])
}

/** Maps the domain linearly onto the range. */
export function linear([low, high]: Interval, from: number, to: number): (value: number) => number {
  return (value) => from + ((value - low) / (high - low)) * (to - from)
}

/** Every index of 0 … count − 1 where there are no more than `most`, else `most` of them, evenly spaced. */
export function evenly(count: number, most: number): Int32Array {
  const kept = Math.min(count, most)
  return Int32Array.from({ length: kept }, (_, i) => Math.floor((i * count) / kept))
}
