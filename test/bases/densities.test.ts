import {
  contaminated,
  diagonalNormal,
  fullNormal,
  gaussianMixture,
  type LearningOptions,
  mlp,
  standardNormal,
  studentT,
  uniformBox,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { BaseBench, normals, type Setting } from './bench.js'

/** Six rows of three columns, weights of their log-densities, and what torch 2.15 makes of them in float64. */
const x = [
  [0.472832, 1.599318, 0.382799],
  [-1.394521, -1.128865, 0.790581],
  [1.551824, 0.039641, -1.530616],
  [-0.858517, 1.071312, 1.431666],
  [-0.305374, -1.59504, -0.547969],
  [1.301878, 1.244471, -0.636089],
]
const weights = [0.694709, 0.998747, 0.757751, 0.235082, 0.001918, 0.313062]
const mean = [0.287655, 0.584309, 0.024948]

const columnwise = (rows: readonly (readonly number[])[]) => rows[0].flatMap((_, j) => rows.map((row) => row[j]))

/** S Sᵀ of a lower-triangular S. */
const squareOf = (s: readonly (readonly number[])[]) =>
  s.map((a) => s.map((b) => a.reduce((sum, value, k) => sum + value * b[k], 0)))

function evaluate(setting: Setting, rows: readonly (readonly number[])[], v: readonly number[]) {
  const bench = new BaseBench({ ...setting, rows: rows.length })
  const logProb = [...bench.logProb(columnwise(rows))]
  const { z, params } = bench.differentiate(v)
  const gradients: Record<string, number[]> = {}
  let first = 0
  for (const { name, shape } of bench.slots) {
    const n = shape.reduce((product, size) => product * size, 1)
    if (first < bench.parameters) gradients[name] = [...params.subarray(first, first + n)]
    first += n
  }
  return { logProb, z: [...z], gradients, bench }
}

function expectAll(got: readonly number[], expected: readonly number[], digits = 10) {
  expect(got).toHaveLength(expected.length)
  for (const [i, value] of expected.entries()) expect(got[i], `element ${i}`).toBeCloseTo(value, digits)
}

describe('agrees with torch.distributions in values and gradients', () => {
  it('diagonalNormal as Independent(Normal)', () => {
    const sd = [1.561433, 1.401765, 0.767269]
    const { logProb, z, gradients } = evaluate({ base: diagonalNormal({ mean, sd }), dim: 3 }, x, weights)
    expectAll(logProb, [
      ...[-3.653184458226455, -5.100253451872772, -5.733648825003644],
      ...[-5.285694933975377, -4.834708631473004, -3.968216472294955],
    ])
    expectAll(z.slice(0, 2), [-0.05276467430682235, 0.6890967678887275])
    expectAll(gradients['base.mean'], [-0.2241794781928363, -0.560645147195806, -0.07271007072507185])
    const bySd = [-0.6894887482253189, -0.6622965384031703, 2.974991384539349]
    expectAll(
      gradients['base.logSd'],
      bySd.map((d, j) => d * sd[j]),
    )
  })

  it('fullNormal as MultivariateNormal, its covariance given', () => {
    const lower = [
      [1.367974, 0, 0],
      [-0.315633, 1.381817, 0],
      [-0.037576, -0.490468, 0.869086],
    ]
    const base = fullNormal({ mean, covariance: squareOf(lower) })
    const { logProb, z, gradients, bench } = evaluate({ base, dim: 3 }, x, weights)
    expectAll(logProb, [
      ...[-3.9162732151979203, -5.16599156897346, -5.414260081300654],
      ...[-5.017143740151861, -6.070541173261381, -3.8034599358857393],
    ])
    const byX = [
      [-0.23181092003158377, -0.6258926083445888, -0.6791318112149671],
      [1.1552022982257906, 1.1115144456350126, 0.03493384287225493],
      [-0.31200865368331687, 0.6739301931591355, 1.6158394740638389],
      [0.08816214762242218, -0.1880512001399235, -0.4526117331471074],
      [0.0015365717694225908, 0.0035986527950185483, 0.0035838420058264702],
      [-0.18918268511726155, -0.10014665293076334, 0.13089153326549355],
    ]
    expectAll(z, columnwise(byX))
    expectAll(gradients['base.mean'], [-0.5118987587854731, -0.8749528301738909, -0.6535051478453393])
    // A = L⁻¹, so that dA = −Lᵀ dL Lᵀ below the diagonal.
    const byLower = [
      [-0.23891101233695844, 0, 0],
      [0.7469939526315232, 0.22189382948110214, 0],
      [-1.8330527373487497, 0.8630092623668052, 0.9299750660334283],
    ]
    const sum = (f: (k: number) => number) => [0, 1, 2].reduce((total, k) => total + f(k), 0)
    const byFactor = (i: number, j: number) =>
      -sum((k) => lower[k][i] * sum((l) => byLower[k][l] * lower[j][l])) * (i === j ? 1 / lower[i][i] : 1)
    const packed = [0, 1, 2].flatMap((i) => Array.from({ length: i + 1 }, (_, j) => byFactor(i, j)))
    expectAll(gradients['base.factor'], packed, 8)
    expect(bench.numbersOf('base.factor')[0]).toBeCloseTo(-Math.log(1.367974), 12)
  })

  it('contaminated as logaddexp of scipy, near and far', () => {
    const covariance = [
      [2, 0.6, -0.3],
      [0.6, 1, 0.2],
      [-0.3, 0.2, 0.5],
    ]
    const base = contaminated({ base: fullNormal({ mean, covariance }), share: 0.2 })
    const rows = [...x.slice(0, 5), [12, -9, 7]]
    const { logProb } = evaluate({ base, dim: 3 }, rows, weights)
    expectAll(logProb, [
      ...[-3.2579565236953574, -5.397000557315399, -5.058347642566021],
      ...[-4.639499812064848, -5.100157968598611, -19.16876483340867],
    ])
  })

  it('studentT as Independent(StudentT)', () => {
    const degrees = [2.3, 5, 40]
    const scale = [1.561433, 1.401765, 0.767269]
    const base = studentT({ degrees, location: mean, scale })
    const { logProb, z, gradients } = evaluate({ base, dim: 3 }, x, weights)
    expectAll(logProb, [
      ...[-3.857370567214482, -5.399301284202172, -5.945174690771786],
      ...[-5.509971721837401, -5.004179520261981, -4.222002340834957],
    ])
    expectAll(z.slice(12), [
      ...[-0.4305051718953798, -1.2990502599092117, 1.8610682358780053],
      ...[-0.5311433988149523, 0.0018869356682545844, 0.35375253302423026],
    ])
    expectAll(gradients['base.location'], [-0.11436959469669991, -0.4720808895618739, 0.04399112604905375])
    const byScale = [-0.6529957820177306, -0.6971479505208236, 2.6385632073985743]
    expectAll(
      gradients['base.logScale'],
      byScale.map((d, j) => d * scale[j]),
    )
    const byDegrees = [0.21003507159279955, 0.04544111180289856, -0.0003075649766210442]
    expectAll(
      gradients['base.rawDegrees'],
      byDegrees.map((d, j) => d * (degrees[j] - 0.5)),
    )
  })

  it('gaussianMixture as MixtureSameFamily(MultivariateNormal)', () => {
    const lowers = [
      [
        [0.8, 0],
        [0.3, 0.6],
      ],
      [
        [1.2, 0],
        [-0.5, 0.5],
      ],
      [
        [0.5, 0],
        [0.1, 0.9],
      ],
    ]
    const base = gaussianMixture({
      components: 3,
      weights: [0.3, -0.6, 1.1].map(Math.exp),
      means: [
        [0.700953, 1.784997],
        [0.254016, -1.649099],
        [-1.13628, 1.041192],
      ],
      covariances: lowers.map(squareOf),
    })
    const rows = [
      [1.288435, 1.818595],
      [-0.315491, -1.987382],
      [-0.747753, 1.587336],
      [1.596974, -0.732958],
      [-1.989105, -0.331208],
      [1.811909, 1.300576],
    ]
    const { logProb, z, gradients } = evaluate({ base, dim: 2 }, rows, weights)
    expectAll(logProb, [
      ...[-2.711750752592475, -4.284469217387008, -1.8646759084756452],
      ...[-8.495583212784496, -3.7025084371352968, -4.485533416382427],
    ])
    const byX = [
      [-0.7729568533170071, 0.3602839660114522],
      [1.3120976124236419, 2.3118116776861513],
      [-0.7918739714609038, -0.466233942450512],
      [-0.7981222367802886, -1.3781466038811168],
      [0.005314706620979343, 0.0019479681247135448],
      [-0.8372673544378665, 0.7835499377315783],
    ]
    expectAll(z, columnwise(byX))
    expectAll(gradients['base.logits'], [0.2555173226007249, 0.8899317074953406, -1.1454490300960654])
    expectAll(gradients['base.means'], [
      ...[1.4205004273615833, -1.0788350345835567, -0.5480378303851517],
      ...[-0.8979859709619089, 1.0103454999750132, 0.36360800232319895],
    ])
  })
})

/** ν, ln p(0), its slope by ν, and ln p at 10⁻³, 1.5, 40 and 10⁶, by mpmath with 50 digits. */
const STUDENT: readonly (readonly [number, number, number, readonly number[]])[] = [
  [
    0.6,
    -1.26069044745994,
    0.435424494413664,
    [-1.26069178079216, -2.50720614189718, -7.57185801681909, -23.7741678392161],
  ],
  [1, -1.1447298858494, 0.193147180559945, [-1.1447308858489, -2.32338488219105, -8.52311359884611, -28.7757510017789]],
  [
    2.5,
    -1.01663959346045,
    0.0374629934615633,
    [-1.01664029346031, -2.13988389426214, -12.3269411430716, -47.76741776556],
  ],
  [
    5,
    -0.968619589054724,
    0.00981384722661198,
    [-0.968620189054664, -2.08331025835217, -18.2829429584448, -79.0333691995531],
  ],
  [
    30,
    -0.927270325378846,
    0.000277623798119199,
    [-0.927270842045504, -2.04824057986305, -62.851907963528, -376.489538206973],
  ],
  [
    1000,
    -0.919188533163006,
    2.4999987500025e-7,
    [-0.919189033663006, -2.04404853967289, -479.152666769395, -10372.9137404253],
  ],
  [
    1e6,
    -0.918938783204673,
    2.49999999999875e-13,
    [-0.918939283205173, -2.04393864258031, -800.2804199924, -6907763.60567645],
  ],
]
const AT = [1e-3, 1.5, 40, 1e6]

describe.each(STUDENT)('studentT of %d degrees', (degrees, atZero, slope, values) => {
  it('has its log-density at 0, in the middle and out to 10⁶ within 10⁻¹² in float64', () => {
    const bench = new BaseBench({ base: studentT({ degrees }), dim: 1 })
    const got = bench.logProb([0, ...AT])
    for (const [i, value] of [atZero, ...values].entries()) {
      expect(Math.abs(got[i] / value - 1), `at ${[0, ...AT][i]}`).toBeLessThan(1e-12)
    }
  })

  it('has it within 10⁻⁶ in float32, with the degrees rounded too', () => {
    const bench = new BaseBench({ base: studentT({ degrees }), dim: 1, kernels: 'simd' })
    const got = bench.logProb([0, ...AT])
    for (const [i, value] of [atZero, ...values].entries()) expect(Math.abs(got[i] / value - 1)).toBeLessThan(1e-6)
  })

  it('has the slope of ln p(0) by ν within 10⁻¹⁰', () => {
    const bench = new BaseBench({ base: studentT({ degrees }), dim: 1, rows: 1 })
    bench.logProb([0])
    const [, , byRaw] = bench.differentiate([1]).params
    expect(Math.abs(byRaw / (slope * (degrees - 0.5)) - 1)).toBeLessThan(1e-10)
  })
})

describe.each(['portable', 'simd'] as const)('%s', (kernels) => {
  it('a box has one density up to and on its edges, and none beyond', () => {
    const bench = new BaseBench({ base: uniformBox({ low: [-2, -1], high: [2.5, 4] }), dim: 2, rows: 6, kernels })
    const got = bench.logProb([-2, 2.5, 0, -2.0001, 1, 0, -1, 4, 1, 0, 4.001, 1])
    const inside = -3.1135153092103742
    for (const t of [0, 1, 2, 5]) expect(got[t]).toBeCloseTo(inside, 6)
    expect([got[3], got[4]]).toEqual([-Infinity, -Infinity])
    expect([...bench.differentiate([1, 1, 1, 1, 1, 1]).z]).toEqual(Array(12).fill(0))
  })

  const far: readonly [string, Setting['base']][] = [
    ['standardNormal', standardNormal()],
    ['diagonalNormal', diagonalNormal({ sd: 0.01 })],
    ['fullNormal', fullNormal()],
    ['studentT', studentT({ degrees: [0.51, 1e6] })],
    ['gaussianMixture', gaussianMixture({ components: 3 })],
  ]
  it.each(far)('%s has finite densities and gradients out to 10⁶', (_, base) => {
    const bench = new BaseBench({ base, dim: 2, kernels })
    const got = bench.logProb([1e6, -1e6, 0, 1e6, 1e3, 1e6, -1e6, 1e6, 0, -1e3])
    const { z, params } = bench.differentiate([1, 1, 1, 1, 1])
    expect([...got, ...z, ...params].filter((value) => !Number.isFinite(value))).toEqual([])
  })

  it('a mixture far from all components is that of the nearest', () => {
    const means = [
      [0, 0],
      [1, 0],
    ]
    const bench = new BaseBench({ base: gaussianMixture({ components: 2, means }), dim: 2, rows: 1, kernels })
    // ½ N(z; (1, 0), ½I): ln ½ − ln π − ‖z − μ‖²
    const expected = Math.log(0.5) - Math.log(Math.PI) - 999 ** 2
    expect(bench.logProb([1000, 0])[0] / expected).toBeCloseTo(1, 6)
    expect(bench.differentiate([1]).z[0] / (-2 * 999)).toBeCloseTo(1, 6)
  })
})

describe('a conditioner that ends in 0 starts with the base that the options describe', () => {
  const means = [
    [1, 2],
    [-1, 0],
  ]
  const covariance = [
    [2, 0.5],
    [0.5, 1],
  ]
  const made: readonly [string, (learning: LearningOptions) => Setting['base']][] = [
    ['diagonalNormal', (learning) => diagonalNormal({ mean: [1, 2], sd: 3, ...learning })],
    ['fullNormal', (learning) => fullNormal({ mean: [1, 2], covariance, ...learning })],
    ['studentT', (learning) => studentT({ degrees: [1, 9], location: 2, scale: 3, ...learning })],
    ['gaussianMixture', (learning) => gaussianMixture({ components: 2, weights: [1, 3], means, ...learning })],
  ]
  it.each(made)('%s', (_, base) => {
    const z = normals(10, 1)
    const plain = new BaseBench({ base: base({}), dim: 2 })
    const conditioned = new BaseBench({ base: base({ conditioner: mlp({ hidden: [4] }) }), dim: 2, contextDim: 3 })
    expect(conditioned.logProb(z, normals(15, 2))).toEqual(plain.logProb(z))
    expect(conditioned.sample(3, 0, { context: normals(15, 2) })).toEqual(plain.sample(3))
  })
})
