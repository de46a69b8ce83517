/**
 * p-values corrected for how many they are, in their order: with p₍₁₎ ≤ … ≤ p₍ₘ₎, the largest (m + 1 − j) p₍ⱼ₎ of j ≤ i, 1 at
 * most. That the least of them is below α has probability α at most where no test should fail, however the tests depend on
 * each other. Source: Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6
 * (1979).
 */
export function holm(p: readonly number[]): number[] {
  const order = [...p.keys()].sort((a, b) => p[a] - p[b])
  const corrected = [...p]
  let most = 0
  for (const [rank, test] of order.entries()) {
    most = Math.min(1, Math.max(most, (p.length - rank) * p[test]))
    corrected[test] = most
  }
  return corrected
}
