/**
 * Moves labels along an axis so that none is nearer than `gap` to another and all lie within [low, high], as far as
 * there is room; in the order of their wishes, each near its own.
 */
export function separate(wishes: readonly number[], gap: number, low: number, high: number): number[] {
  const order = wishes.map((_, i) => i).sort((a, b) => wishes[a] - wishes[b])
  const places = [...wishes]
  let least = low
  for (const i of order) {
    places[i] = Math.max(wishes[i], least)
    least = places[i] + gap
  }
  let most = high
  for (const i of order.toReversed()) {
    places[i] = Math.min(places[i], most)
    most = places[i] - gap
  }
  return places
}
