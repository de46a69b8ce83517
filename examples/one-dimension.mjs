// The change of variables in one dimension: x uniform on [0, 1], y = f(x) = 2x + 1.
//
//   node examples/one-dimension.mjs [FOLDER]
//
// f stretches lengths by |f′| = 2, so probability spreads twice as thin: p(y) = p(x) / |f′| = 1/2 on [1, 3].
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { curvesPicture } from 'pushforward/report'

const folder = process.argv[2] ?? 'plots'
const DRAWS = 1e6

const densityOfX = (x) => (x >= 0 && x <= 1 ? 1 : 0)
const f = (x) => 2 * x + 1
const inverse = (y) => (y - 1) / 2
const densityOfY = (y) => densityOfX(inverse(y)) / 2

const x = uniform(DRAWS, 1)
const y = x.map(f)
console.log(`p(x) = ${densityOfX(0.5)} for x in [0, 1]`)
console.log(`p(y) = ${densityOfY(2)} for y in [1, 3]`)
check('x', x, [0, 1], densityOfX, 50)
check('y', y, [1, 3], densityOfY, 64)

const domain = [-0.5, 3.5]
const picture = curvesPicture({
  title: 'A uniform variable through f(x) = 2x + 1',
  subtitle: 'The interval becomes twice as long and the density half as high: the area stays 1.',
  values: 'histogram of 1,000,000 draws',
  curves: [
    { name: 'density of x', label: 'x', domain, values: x, density: (points) => points.map(densityOfX) },
    { name: 'density of y', label: 'y', domain, values: y, density: (points) => points.map(densityOfY) },
  ],
})
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'one-dimension.svg'), picture)
console.log(`picture: ${join(folder, 'one-dimension.svg')}`)

// Every bin holds as many draws as its density promises, within five standard errors.
function check(name, values, [low, high], density, bins) {
  const counts = new Float64Array(bins)
  for (const value of values) counts[Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))]++
  const width = (high - low) / bins
  let worst = 0
  counts.forEach((count, bin) => {
    const share = density(low + (bin + 0.5) * width) * width
    worst = Math.max(worst, Math.abs(count - DRAWS * share) / Math.sqrt(DRAWS * share * (1 - share)))
  })
  console.log(`${name}: ${bins} bins of ${DRAWS} draws agree within ${worst.toFixed(1)} standard errors`)
  if (!(worst < 5)) throw new Error(`The histogram of ${name} contradicts its density.`)
}

// Marsaglia's xorshift32: the same draws in every run.
function uniform(count, seed) {
  let state = seed
  return Float64Array.from({ length: count }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  })
}
