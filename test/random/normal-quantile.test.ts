import { describe, expect, it } from 'vitest'
import { normalQuantile } from '#random/normal-quantile.js'

/** Of the doubles p, from mpmath at 40 digits: the root of ln Φ(z) = ln p, or √2·erf⁻¹(2p − 1). */
const QUANTILES: readonly (readonly [p: number, z: number])[] = [
  [1e-300, -37.0470962993612],
  [1e-100, -21.273453560965326],
  [1e-20, -9.262340089798407],
  [1e-12, -7.034483825301132],
  [1e-6, -4.753424308822899],
  [0.001, -3.0902323061678136],
  [0.01, -2.326347874040841],
  [0.074, -1.4466320671589785],
  [0.076, -1.4325027208258116],
  [0.25, -0.6744897501960817],
  [0.4, -0.2533471031357997],
  [0.49, -0.025068908258711057],
  [0.5000001, 2.506628273311648e-7],
  [0.75, 0.6744897501960817],
  [0.999, 3.090232306167813],
  [0.999999, 4.753424308817087],
]

describe('normalQuantile', () => {
  it.each(QUANTILES)('of %d is %d to a relative 10⁻¹⁵', (p, z) => {
    expect(Math.abs(normalQuantile(p) / z - 1)).toBeLessThan(1e-15)
  })

  it('is 0 at ½, ∓∞ at 0 and 1, and NaN outside', () => {
    expect([0.5, 0, 1, -0.1, 1.1, Number.NaN].map(normalQuantile)).toEqual([0, -Infinity, Infinity, NaN, NaN, NaN])
  })

  it('rises from 2⁻⁵³ to 1 − 2⁻⁵³, also where approximations meet', () => {
    const near = (p: number) => Array.from({ length: 41 }, (_, i) => p * (1 + (i - 20) * 2 ** -40))
    const ps = [2 ** -53, 1e-12, ...near(Math.exp(-25)), 1e-6, ...near(0.075), 0.5, ...near(0.925), 1 - 2 ** -53]
    const sorted = ps.sort((a, b) => a - b)
    for (const [i, p] of sorted.entries()) {
      if (i > 0 && p > sorted[i - 1]) expect(normalQuantile(p), `${p}`).toBeGreaterThan(normalQuantile(sorted[i - 1]))
    }
  })
})
