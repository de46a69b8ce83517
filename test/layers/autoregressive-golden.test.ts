import { describe, expect, it } from 'vitest'
import { type Ends, outputEnds } from '#nets/degrees.js'
import { maskedPerceptron } from '#nets/masked-mlp.js'
import { residualNet } from '#nets/masked-residual.js'
import type { Values } from '#nets/parameters.js'
import { runMasked } from './masked-bench.js'

// Values of other libraries in float64. Their masks are ours when units are sorted by degree: they multiply by the zeros
// that we leave out. Weights and inputs are the numbers of `wave`.

/** sin(1.3 i + seed)·scale to six decimals. */
const wave = (length: number, seed: number, scale: number) =>
  Array.from({ length }, (_, i) => Math.round(1e6 * scale * Math.sin(1.3 * i + seed)) / 1e6)

/** What outputs are weighed with in a loss: cos(0.7 i + 0.2) to six decimals. */
const weights = (length: number) => Array.from({ length }, (_, i) => Math.round(1e6 * Math.cos(0.7 * i + 0.2)) / 1e6)

/** A linear layer by the degrees of its inputs and outputs, in the library's order. */
interface Linear {
  readonly name: string
  readonly ins: readonly number[]
  readonly outs: readonly number[]
}

/** Units from the lowest degree to the highest; without inputs of degree `dim`, which nothing sees. */
const byDegree = (degrees: readonly number[], dim: number) =>
  [...degrees.keys()].filter((unit) => degrees[unit] < dim).sort((a, b) => degrees[a] - degrees[b] || a - b)

const endsOf = (degrees: readonly number[], dim: number): Ends =>
  Array.from({ length: dim }, (_, d) => degrees.filter((degree) => degree <= d).length)

/** Writes the library's weights where ours are. Its parameter p, weights and biases in turn, is the wave of 0.4 + 0.37 p. */
function write(linears: readonly Linear[], dim: number, values: Values): void {
  for (const [l, { name, ins, outs }] of linears.entries()) {
    const matrix = wave(ins.length * outs.length, 0.4 + 0.37 * 2 * l, 0.7)
    const bias = wave(outs.length, 0.4 + 0.37 * (2 * l + 1), 0.7)
    const rows = byDegree(outs, dim)
    const ours = rows.flatMap((o) =>
      byDegree(ins, dim).map((i) => (ins[i] <= outs[o] ? matrix[o * ins.length + i] : 0)),
    )
    values[`${name}.weight`].set(ours)
    values[`${name}.bias`].set(rows.map((o) => bias[o]))
  }
}

/** A library's gradient of biases in our order. */
const inOrder = (gradient: readonly number[], degrees: readonly number[], dim: number) =>
  byDegree(degrees, dim).map((unit) => gradient[unit])

function close(got: ArrayLike<number>, expected: readonly number[]): void {
  expect(got.length).toBe(expected.length)
  for (const [i, value] of expected.entries()) expect(Math.abs(got[i] - value), `[${i}]`).toBeLessThan(1e-10)
}

/** Columns of row-major numbers. */
const columnsOf = (numbers: readonly number[], width: number) =>
  Array.from({ length: width }, (_, j) => numbers.filter((_, i) => i % width === j))

describe('zuko 1.6: an affine layer in the order 1, 2, 0, two hidden layers of 8, a context of 2', () => {
  const order = [1, 2, 0]
  const inputs = [3, 1, 2, 0, 0]
  const hidden = [0, 1, 2, 0, 1, 2, 0, 1]
  const outs = [2, 2, 0, 0, 1, 1]
  const linears = [
    { name: '0', ins: inputs, outs: hidden },
    { name: '1', ins: hidden, outs: hidden },
    { name: '2', ins: hidden, outs },
  ]
  const [x, context] = [columnsOf(wave(18, 0.3, 1.5), 3), columnsOf(wave(12, 2, 1), 2)]
  const w = columnsOf(weights(18), 3)
  const v = [0.694709, 0.998747, 0.757751, 0.235082, 0.001918, 0.313062]
  const units = endsOf(hidden, 3)
  const ends = [endsOf(inputs, 3), units, units, outputEnds(2, units)]

  /** Its map of coordinate order[k] of row r by θ = (t, a): z = x·e^s + t, s = a/(1 + |a/ln 10⁻³|); Σ w·z + Σ v·s back. */
  function map(theta: Float64Array, k: number, r: number) {
    const [t, a] = [theta[2 * k * 6 + r], theta[(2 * k + 1) * 6 + r]]
    const squash = 1 + Math.abs(a / Math.log(1e-3))
    const s = a / squash
    const [scaled, dz] = [x[order[k]][r] * Math.exp(s), w[order[k]][r]]
    return { z: scaled + t, s, dx: dz * Math.exp(s), dt: dz, da: (dz * scaled + v[r]) / squash ** 2 }
  }
  const rows = [0, 1, 2, 3, 4, 5]
  const { theta, dx, dParams } = runMasked(
    maskedPerceptron(ends, { activation: 'tanh', lastLayerScale: 1 }),
    { dim: 3, contextDim: 2, numbers: 2 },
    [...context, x[1], x[2]],
    (values) => write(linears, 3, values),
    (made) =>
      [0, 1, 2].flatMap((k) => [...rows.map((r) => map(made, k, r).dt), ...rows.map((r) => map(made, k, r).da)]),
  )
  /** Row-major, coordinate by coordinate: its place in the order, and the row. */
  const each = (pick: (k: number, r: number) => number) => rows.flatMap((r) => [2, 0, 1].map((k) => pick(k, r)))

  it('has its noise and log-determinants', () => {
    close(
      each((k, r) => map(theta, k, r).z),
      [
        2.309766319609029, 0.926086265506809, 0.6565668763817767, 1.4892987437762106, -2.8539968896660834,
        0.9494515792427266, 2.9983227557205763, -1.3252163019935932, -0.5362862859278831, 1.54838360880199,
        0.15902384561799665, 1.638262624870487, 2.0870110556982295, -3.4583051478682725, 0.05784414562799578,
        2.6022981201562567, 0.4082161440464456, -0.06753092652412251,
      ],
    )
    close(
      rows.map((r) => [0, 1, 2].reduce((sum, k) => sum + map(theta, k, r).s, 0)),
      [
        -0.5771486210439285, -0.5888396650105258, -0.6564621423135208, -0.44562959861229956, -0.6391449473832921,
        -0.530800313372271,
      ],
    )
  })

  it('has its gradients of data, context and biases', () => {
    const seen = (k: number, r: number) => (k < 2 ? dx[(2 + k) * 6 + r] : 0)
    close(
      each((k, r) => map(theta, k, r).dx + seen(k, r)),
      [
        0.4966683996951453, 0.8229324148781862, 0.01827028261828329, -0.3342238852149925, -1.3431723504627469,
        -0.6488293286693718, -0.16145076159522545, 0.5781767523154598, 0.572159983710603, 0.47444404266984863,
        0.8552454880389222, -0.028917138026614587, -0.36000467224830035, -1.3918036483909706, -0.5849609646335939,
        -0.1449122285720075, 0.6194448716106873, 0.7014959650129422,
      ],
    )
    close(
      dx.subarray(0, 12),
      columnsOf(
        [
          0.42829285855468907, -0.06439212041649202, -0.24400838189696844, -0.1132928982724048, -0.0004500076126400064,
          0.19190514213397372, -0.03337140458552589, -0.13071177830515943, 0.0370338389422082, 0.11192380167523026,
          -0.06396291941558405, 0.027806088658013775,
        ],
        2,
      ).flat(),
    )
    close(
      dParams['0.bias'],
      inOrder(
        [
          -0.9321462066839259, 0.06500343649591754, -0.12184219025705673, 1.2455055241685487, 0.1744524400016851,
          -0.004727862336290627, -1.0632304666772803, 0.09497312630647638,
        ],
        hidden,
        3,
      ),
    )
    close(
      dParams['1.bias'],
      inOrder(
        [
          1.026624632625055, 0.4804566038307636, 0.32067445385896526, -3.6127316023844918, -1.0911633806626218,
          -0.07231682642928139, 0.27197402536228443, 0.7553497615273457,
        ],
        hidden,
        3,
      ),
    )
    close(
      dParams['2.bias'],
      inOrder(
        [
          0.013036999999999965, 2.415838766363393, 0.019212999999999814, 8.607159219707965, 0.01635200000000002,
          1.381171329269223,
        ],
        outs,
        3,
      ),
    )
  })

  it('has its gradient of the weights between hidden layers, and none where it has masked them', () => {
    const gradient = [
      0.45149452025808356, 0, 0, -0.4758855722204294, 0, 0, 0.4518149916188634, 0, -0.25152869589836524,
      0.33565271053528467, 0, -0.6038251701884019, -0.2651489564058569, 0, -0.09336779868564436, -0.43076789487652467,
      0.08501630411204099, -0.09781999434430544, -0.27406333188467413, -0.09630873269605225, -0.17595273224214653,
      0.2738993141828042, 0.2710078579927198, 0.1027610609259828, -1.4381995590028418, 0, 0, 1.5891912971048123, 0, 0,
      -1.8303178052727154, 0, 0.1206324667433496, -0.23491162161863527, 0, 0.8380567460110148, 0.5667118296677769, 0,
      -0.3572391344224773, 0.3413495325077722, 0.028154880084575024, 0.7882847795930767, 0.7553504696164429,
      -0.1838899299942514, 0.39367547524269286, -0.5804266500217812, -0.4864568613515449, -0.6295682795704741,
      -0.10364314026842446, 0, 0, -0.13522620820840026, 0, 0, 0.2644652013534549, 0, -0.09409063983651723,
      -0.07908781757577618, 0, -0.5296316605073906, -0.37410127449082, 0, 0.3953825030551966, -0.059735023091798574,
    ]
    const sorted = byDegree(hidden, 3)
    close(
      dParams['1.weight'],
      sorted.flatMap((o) => sorted.map((i) => gradient[8 * o + i])),
    )
  })
})

describe('nflows 0.14: MADE of two residual blocks of 6 units, tanh, for 4 coordinates of 2 numbers', () => {
  const inputs = [1, 2, 3, 4]
  const hidden = [1, 2, 3, 1, 2, 3]
  const inner = ['blocks.0.0', 'blocks.0.1', 'blocks.1.0', 'blocks.1.1']
  const linears = [
    { name: 'first', ins: inputs, outs: hidden },
    ...inner.map((name) => ({ name, ins: hidden, outs: hidden })),
    { name: 'last', ins: hidden, outs: [0, 0, 1, 1, 2, 2, 3, 3] },
  ]
  const units = endsOf(hidden, 4)
  const { theta, dx, dParams } = runMasked(
    residualNet([endsOf(inputs, 4), units, outputEnds(2, units)], { blocks: 2, activation: 'tanh', lastLayerScale: 1 }),
    { dim: 4, contextDim: 0, numbers: 2 },
    columnsOf(wave(12, 0.3, 1.5), 4).slice(0, 3),
    (values) => write(linears, 4, values),
    () => columnsOf(weights(24), 8).flat(),
  )

  it('has its outputs', () => {
    close(
      theta,
      columnsOf(
        [
          -0.679537, -0.343668, 1.5047279303233592, 1.5859434985689906, -0.39663990641918256, -3.843687690270226,
          1.2099175497218877, 8.893944561194726, -0.679537, -0.343668, 1.0190632354734372, 1.319656919858172,
          -0.45200406062220455, -2.9055821674858278, 0.38499547677768003, 5.040481518952932, -0.679537, -0.343668,
          0.8916132838052754, 1.2451590623670834, 0.10123155273953069, -3.174432761875004, -0.7336556091590707,
          4.194988397469448,
        ],
        8,
      ).flat(),
    )
  })

  it('has its gradients of inputs and biases', () => {
    close(
      dx,
      columnsOf(
        [
          0.9330080820582121, -0.10044273074643956, -0.15425149290978513, 0.0, 0.2581969901065431, -0.7989400842867509,
          0.46371616203948146, 0.0, -0.5409772624284818, -1.4454762411418862, 0.9149652016615204, 0.0,
        ],
        4,
      )
        .slice(0, 3)
        .flat(),
    )
    close(
      dParams['first.bias'],
      inOrder(
        [
          2.2913887375592275, -1.599996155021007, 0.6525434239778709, 0.38349841233960147, 2.2465065561056825,
          -1.9077649442252473,
        ],
        hidden,
        4,
      ),
    )
    close(
      dParams['blocks.0.0.bias'],
      inOrder(
        [
          0.5649279305628695, 1.370444271974284, 0.8090493160465877, -1.7155768323663212, -0.48025688422322255,
          -0.06746427374272557,
        ],
        hidden,
        4,
      ),
    )
    close(
      dParams['blocks.0.1.bias'],
      inOrder(
        [
          1.676516477113197, -1.0513371410291499, 0.6090325271486343, -0.47525363808608767, 1.6481224287616407,
          -1.6640798146814129,
        ],
        hidden,
        4,
      ),
    )
    close(
      dParams['blocks.1.0.bias'],
      inOrder(
        [
          0.6977649703208197, 0.0182263319074506, -0.20327116529343936, 0.06741199244404994, 0.3552936680752902,
          0.4124711092212047,
        ],
        hidden,
        4,
      ),
    )
    close(
      dParams['last.bias'],
      [2.259078, 2.491404, 1.551984, -0.11735699999999993, -1.731504, -2.531297, -2.1405830000000003, -0.743117],
    )
  })
})
