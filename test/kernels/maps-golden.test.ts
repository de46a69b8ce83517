// Values of other libraries, in float64.
import { expect, it } from 'vitest'
import { hyperbolicTangent, logistic } from '#kernels/operations/bounded-maps.js'
import { softplus } from '#kernels/operations/positive-maps.js'
import { sinhArcsinh } from '#kernels/operations/sinh-arcsinh.js'
import { yeoJohnson } from '#kernels/operations/yeo-johnson.js'
import { type Inputs, Trial } from './compiled-alone.js'
import { portableMaps } from './maps.js'

const double = new Trial(portableMaps, 'float64')

const near = (got: number, expected: number) => Math.abs(got - expected) <= 1e-13 * Math.max(1, Math.abs(expected))

// By flowjax 19.1.2 in float64: two columns [x₀, x₁], their images, and the log-det that the two add up to.
const FLOWJAX = [
  [
    hyperbolicTangent,
    [
      { x: [2.659682, 8.996162], z: [0.9902559724454053, 0.9999999693053306], logDet: -20.54886714990697 },
      { x: [2.153244, -7.844182], z: [0.9733970075907288, -0.9999996926310357], logDet: -17.249045092114315 },
      { x: [-6.349863, 4.44702], z: [-0.999993896095267, 0.9997256291814774], logDet: -18.821457771314346 },
      { x: [8.729008, 0.222979], z: [0.9999999476266962, 0.21935556715602572], logDet: -16.121034700166803 },
      { x: [-8.609715, -4.829156], z: [-0.9999999335145594, -0.9998722236016702], logDet: -24.105281124725863 },
      { x: [6.026128, 8.053121], z: [0.999988337297759, 0.9999997976151836], logDet: -25.38592114288129 },
    ],
  ],
  [
    logistic,
    [
      { x: [0.650144, 2.199062], z: [0.6570429120106832, 0.9001652465421526], logDet: -3.8995717455764596 },
      { x: [0.526349, -1.917467], z: [0.6286311723797173, 0.12814429506955688], logDet: -3.646499820886123 },
      { x: [-1.552189, 1.087049], z: [0.17477033338906536, 0.7478256218620989], logDet: -3.6045960033134454 },
      { x: [2.133758, 0.054506], z: [0.8941412403317698, 0.5136231274166381], logDet: -3.744578053884692 },
      { x: [-2.104597, -1.18046], z: [0.10865081938026391, 0.2349694970925444], logDet: -4.050774207422323 },
      { x: [1.473053, 1.968541], z: [0.8135209835399848, 0.8774543158526196], logDet: -4.115821890421554 },
    ],
  ],
  [
    softplus,
    [
      { x: [0.650144, 2.199062], z: [1.0701499475457101, 2.3042389252425197], logDet: -0.5251828727882296 },
      { x: [0.526349, -1.917467], z: [0.9905595656800424, 0.13713134476301905], logDet: -2.5188089104430613 },
      { x: [-1.552189, 1.087049], z: [0.19209354761819827, 1.3776344540385244], logDet: -2.0348680016567227 },
      { x: [2.133758, 0.054506], z: [2.2456495293389582, 0.7207714976033877], logDet: -0.778157026942346 },
      { x: [-2.104597, -1.18046], z: [0.11501903084229143, 0.26783957286887006], logDet: -3.6679156037111618 },
      { x: [1.473053, 1.968541], z: [1.6794365585069866, 2.09927138670379], logDet: -0.3371139452107769 },
    ],
  ],
] as const

it.each(FLOWJAX)('%o has the values of flowjax', (operation, cases) => {
  for (const { x, z, logDet } of cases) {
    const got = double.run(operation, { rows: 2 }, { x, logDet: [0, 0] })
    expect(z.every((value, i) => near(got.z[i], value))).toBe(true)
    expect(near(got.logDet[0] + got.logDet[1], logDet)).toBe(true)
  }
})

// By scipy 1.17.1: λ, and the images of X.
const X = [0.709248, 2.398977, 0.574198, -2.091782, -1.693297, 1.185872, 2.327736, 0.059461, -2.295924]
const SCIPY = [
  {
    lambda: 0.5,
    z: [
      0.614764234113661, 1.6872629415326486, 0.5093409493331112, -2.957615796287054, -2.2800278296970666,
      0.9569389577737312, 1.6484166428740015, 0.058602438549026886, -3.322429665902605,
    ],
    logDet: [
      -0.2680267538536175, -0.6117372519974988, -0.22687296811940463, 0.5643738118559003, 0.4953830468374461,
      -0.3910074168013202, -0.6011460964446692, -0.028880144116383944, 0.5963432767644762,
    ],
  },
  {
    lambda: 1.0,
    z: [
      0.7092480000000001, 2.398977, 0.574198, -2.0917819999999994, -1.693297, 1.185872, 2.327736, 0.059461,
      -2.2959239999999994,
    ],
    logDet: [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
  },
  {
    lambda: 1.6,
    z: [
      0.8485610924146849, 3.8012626267914964, 0.6667396409185528, -1.4266623151509952, -1.2158117833933808,
      1.5591355140567058, 3.653762701552186, 0.06051344409371077, -1.528384202635735,
    ],
    logDet: [
      0.32163210462434105, 0.7340847023969987, 0.2722475617432856, -0.6772485742270805, -0.5944596562049355,
      0.4692089001615843, 0.7213753157336031, 0.03465617293966074, -0.7156119321173715,
    ],
  },
] as const

it.each(SCIPY)('yeoJohnson has the values of scipy, λ = $lambda', ({ lambda, z, logDet }) => {
  const raw = X.map(() => Math.log(lambda / (2 - lambda)))
  const got = double.run(yeoJohnson, { rows: X.length }, { raw, x: X, logDet: X.map(() => 0) })
  expect(z.every((value, i) => near(got.z[i], value))).toBe(true)
  expect(logDet.every((value, i) => near(got.logDet[i], value))).toBe(true)
})

// By TensorFlow Probability 0.25.0: sinh((asinh x + skewness)·tailweight), times a number of its own that maps 2 to 2.
const SKEWNESS = [0.3, -0.45]
const TAILWEIGHT = [1.2, 0.7]
const TFP = [
  { x: [0.738801, 2.498934], z: [1.077442636902382, 1.5765946775205049], logDet: -0.28451210547627886 },
  { x: [0.598123, -2.178939], z: [0.9048008605862009, -3.123517602160586], logDet: 0.21492887677979816 },
  { x: [-1.763851, 1.235283], z: [-1.1552055898878633, 0.7110121232238444], logDet: -0.4316959856029734 },
  { x: [2.424725, 0.061939], z: [3.615408576133871, -0.46162926952849564], logDet: 0.7190348703991016 },
  { x: [-2.391588, -1.341432], z: [-1.6745144009826662, -2.206841799160171], logDet: -0.019196511465720684 },
  { x: [1.673924, 2.236978], z: [2.399351169063042, 1.416086009952279], logDet: -0.032175378510768626 },
] as const

it('sinhArcsinh has the values of TensorFlow Probability but for its number', () => {
  const number = TAILWEIGHT.map((tail) => 2 / Math.sinh(Math.asinh(2) * tail))
  for (const { x, z, logDet } of TFP) {
    const skew = SKEWNESS.map((value, i) => value * TAILWEIGHT[i])
    const inputs: Inputs = { skew, raw: TAILWEIGHT.map(Math.log), x, logDet: number.map(Math.log) }
    const got = double.run(sinhArcsinh, { rows: 2 }, inputs)
    expect(z.every((value, i) => near(got.z[i] * number[i], value))).toBe(true)
    expect(near(got.logDet[0] + got.logDet[1], logDet)).toBe(true)
  }
})
