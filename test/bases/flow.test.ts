import {
  additive,
  affineCoupling,
  type BaseSpec,
  contaminated,
  coupling,
  decodeFlow,
  diagonalNormal,
  encodeFlow,
  FormatError,
  flow,
  fullNormal,
  gaussianMixture,
  leakyReLU,
  mlp,
  standardNormal,
  studentT,
  summary,
  UsageError,
  uniformBox,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { buildStructure } from '#flow/structure.js'
import { decodeModel, encodeModel } from '#io/model-file.js'
import { centralDifference, relativeError } from '../laws/differences.js'
import { normals } from './bench.js'

const layers = [leakyReLU(), affineCoupling({ mask: [1, 0], hidden: [3] })]

const every: readonly [string, BaseSpec][] = [
  ['standardNormal', standardNormal()],
  ['diagonalNormal', diagonalNormal({ mean: 0.3, sd: [0.7, 1.2] })],
  ['diagonalNormal, fixed', diagonalNormal({ mean: 0.3, sd: [0.7, 1.2], learnable: false })],
  ['fullNormal', fullNormal({ mean: [0.1, 0.2] })],
  [
    'fullNormal, fixed',
    fullNormal({
      covariance: [
        [2, 0.5],
        [0.5, 1],
      ],
      learnable: false,
    }),
  ],
  ['uniformBox', uniformBox({ low: -50, high: [40, 50] })],
  ['studentT', studentT({ degrees: [2, 20] })],
  ['studentT, fixed', studentT({ degrees: [2, 20], learnable: false })],
  ['gaussianMixture', gaussianMixture({ components: 3 })],
  ['gaussianMixture, fixed', gaussianMixture({ components: 3, learnable: false })],
  ['contaminated', contaminated({ base: gaussianMixture({ components: 2 }), share: 0.1 })],
  ['contaminated standardNormal', contaminated()],
]

const rows = Array.from({ length: 300 }, (_, t) => [...normals(2, t)])

describe.each(every)('a flow on %s', (_, base) => {
  it('has the gradient of finite differences by every parameter, layers and base together', () => {
    const model = flow(2, layers, { base, precision: 'float64', seed: 3 })
    const few = rows.slice(0, 7)
    const { gradient } = model.nll(few)
    const signs = () => JSON.stringify(model.trace(few)[1].points.data.map(Math.sign))
    gradient.forEach((value, i) => {
      const before = model.parameters[i]
      const difference = centralDifference(before, (theta) => {
        model.parameters[i] = theta
        return { value: model.nll(few).nll, branch: signs() }
      })
      model.parameters[i] = before
      expect(relativeError(value, difference as number), `parameter ${i}`).toBeLessThan(1e-6)
    })
  })

  it('has the score of finite differences', () => {
    const model = flow(2, layers, { base, precision: 'float64', seed: 3 })
    const few = rows.slice(0, 7)
    const score = model.score(few)
    for (const [t, row] of few.entries()) {
      for (const j of [0, 1]) {
        const difference = centralDifference(row[j], (x) => ({ value: model.logProb([row.with(j, x)])[0], branch: '' }))
        expect(relativeError(score.get(t, j), difference as number)).toBeLessThan(1e-6)
      }
    }
  })

  it('has the same bits once saved and loaded', () => {
    const model = flow(2, layers, { base, seed: 3 })
    const bytes = encodeFlow(model)
    const loaded = decodeFlow(bytes)
    expect(encodeFlow(loaded)).toEqual(bytes)
    expect(loaded.structure.description).toEqual(model.structure.description)
    expect(loaded.logProb(rows)).toEqual(model.logProb(rows))
    expect(loaded.sample(50, { seed: 2 }).data).toEqual(model.sample(50, { seed: 2 }).data)
  })

  it('has the first rows of a longer sample in a shorter one, and any run of rows by its first', () => {
    const model = flow(2, layers, { base, seed: 3 })
    const long = model.sample(3000, { seed: 5 }).data
    expect(model.sample(10, { seed: 5 }).data).toEqual(long.slice(0, 20))
    expect(model.sample(900, { seed: 5, firstRow: 777 }).data).toEqual(long.slice(2 * 777, 2 * 1677))
  })

  it('names its base in the summary', () => {
    const model = flow(2, layers, { base })
    const { type } = (base.base as BaseSpec | undefined) ?? standardNormal()
    const name = base.type === 'contaminated' ? `${type}, contaminated` : base.type
    expect(summary(model)).toContain(`base ${name},`)
    expect(summary(model).includes('\n base  ')).toBe(model.structure.base.parameters.length > 0)
  })
})

it('a base of learnt numbers is a line of the summary', () => {
  const lines = summary(flow(2, [leakyReLU()], { base: fullNormal() })).split('\n')
  expect(lines[3]).toMatch(/^ base {2}fullNormal +5 {2}mean \[2\] {2}factor \[3\]$/)
  expect(lines.at(-1)).toMatch(/^6 parameters/)
})

it('a mixture starts from other means with another seed, and the same ones with the same', () => {
  const means = (seed: number) => [...flow(2, [], { base: gaussianMixture({ components: 2 }), seed }).parameters]
  expect(means(1)).toEqual(means(1))
  expect(means(1)).not.toEqual(means(2))
})

it('a conditioner leaves what the options say as state', () => {
  const base = diagonalNormal({ mean: [1, 2], sd: 3, conditioner: mlp({ hidden: [4] }) })
  const { base: built } = buildStructure({ dim: 2, contextDim: 1, layers: [], base, precision: 'float32' })
  expect(built.state?.map(({ name }) => name)).toEqual(['mean', 'logSd'])
  expect(built.parameters.map(({ name }) => name)).toEqual([
    ...['conditioner.0.weight', 'conditioner.0.bias', 'conditioner.1.weight', 'conditioner.1.bias'],
  ])
})

const refused: readonly [BaseSpec, string][] = [
  [{ type: 'normal' }, 'No base is called "normal"; known are contaminated, diagonalNormal, fullNormal, '],
  [{ type: 'standardNormal', sd: 2 }, 'standardNormal has no option "sd"; it takes none.'],
  [diagonalNormal({ mean: [1] }), "diagonalNormal's mean is [1]; expected 2 numbers."],
  [diagonalNormal({ sd: 0 }), "diagonalNormal's sd is 0; expected a number from 10⁻⁶ to 10⁶, one for all columns or"],
  [diagonalNormal({ sd: [1, -1] }), "diagonalNormal's sd is [1,-1]; expected a number from 10⁻⁶"],
  [fullNormal({ covariance: [[1]] }), "fullNormal's covariance is [[1]]; expected 2 rows of 2 numbers."],
  [
    fullNormal({
      covariance: [
        [1, 2],
        [2, 1],
      ],
    }),
    'expected a symmetric positive definite matrix.',
  ],
  [
    fullNormal({
      covariance: [
        [1, 0.2],
        [0.3, 1],
      ],
    }),
    'expected a symmetric positive definite matrix.',
  ],
  [
    fullNormal({
      covariance: [
        [0, 0],
        [0, 1],
      ],
    }),
    'expected a symmetric positive definite matrix.',
  ],
  [uniformBox({ low: 1 }), 'uniformBox goes from 1 to 1; expected low below high, by columns.'],
  [uniformBox({ low: [0, 1], high: [1, 1 + 1e-9] }), 'uniformBox goes from [0,1] to [1,1.000000001]; expected'],
  [studentT({ degrees: 0.5 }), "studentT's degrees is 0.5; expected a number above 0.5, at most 10⁶, one"],
  [studentT({ scale: [1, 2, 3] }), "studentT's scale is [1,2,3]; expected 2 numbers."],
  [gaussianMixture({ components: 0 }), "gaussianMixture's components is 0; expected an integer from 1 to 1024."],
  [gaussianMixture({ components: 2, weights: [1] }), "gaussianMixture's weights is [1]; expected 2, one a component."],
  [gaussianMixture({ components: 1, weights: [0] }), "gaussianMixture's weights is [0]; expected numbers above 0"],
  [gaussianMixture({ components: 2, means: [[0, 0]] }), 'means is [[0,0]]; expected 2, one a component.'],
  [gaussianMixture({ components: 1, means: [[0]] }), "gaussianMixture's means is [[0]]; expected 2 numbers each."],
  [gaussianMixture({ components: 1, covariances: [[[1]]] }), 'covariance is [[1]]; expected 2 rows of 2 numbers.'],
  [contaminated({ share: 0 }), "contaminated's share is 0; expected a number above 0, at most 0.5."],
  [contaminated({ base: { type: 'normal' } }), 'No base is called "normal"; known are contaminated, '],
  [
    contaminated({ base: 3 as never }),
    "contaminated's base is 3; expected a base, such as gaussianMixture({ components: 8 })",
  ],
  [studentT({ conditioner: mlp() }), 'studentT has a conditioner, but the flow no context that it could see: leave'],
]

describe('what no base can be made of is refused', () => {
  it.each(refused)('%j', (base, message) => {
    expect(() => flow(2, layers, { base })).toThrow(UsageError)
    expect(() => flow(2, layers, { base })).toThrow(message)
  })

  it('what is no spec at all', () => {
    const options = (base: unknown) => ({ base: base as BaseSpec })
    expect(() => flow(2, layers, options(3))).toThrow(
      'The base is 3; expected the value of contaminated(…) or diagonalNormal(…) or ',
    )
    expect(() => flow(2, layers, options(null))).toThrow('The base is null; expected')
  })

  it('a conditioner beside learnable', () => {
    const base = fullNormal({ conditioner: mlp(), learnable: true })
    const build = () => buildStructure({ dim: 2, contextDim: 1, layers: [], base, precision: 'float32' })
    expect(build).toThrow('fullNormal has a conditioner, which is learnt in any case: leave learnable out.')
  })
})

describe('a model file', () => {
  const changed = (base: unknown, dim = 2) => {
    const record = decodeModel(encodeFlow(flow(2, layers, { base: diagonalNormal() })))
    return encodeModel({ ...record, description: { ...record.description, base, dim } })
  }

  it.each([
    [{ type: 'unheardOf' }, 'describes a flow that cannot be built: No base is called "unheardOf"'],
    [{ type: 'diagonalNormal', sd: -1 }, "cannot be built: diagonalNormal's sd is -1"],
    [undefined, 'describes no flow that this pushforward can build'],
    ['standardNormal', 'describes no flow that this pushforward can build'],
    [fullNormal(), 'tensor "base.factor" is missing'],
    [standardNormal(), 'none of its layers has a tensor "base.mean"'],
    [diagonalNormal({ learnable: false }), undefined],
  ])('of base %j is a FormatError', (base, message) => {
    if (!message) return expect(() => decodeFlow(changed(base))).not.toThrow()
    expect(() => decodeFlow(changed(base))).toThrow(FormatError)
    expect(() => decodeFlow(changed(base))).toThrow(message)
  })

  it('of a damaged dimension asks for no memory', () => {
    for (const base of [
      diagonalNormal(),
      fullNormal(),
      uniformBox(),
      studentT(),
      gaussianMixture({ components: 900 }),
      contaminated(),
    ]) {
      const bytes = encodeModel({
        ...decodeModel(encodeFlow(flow(2, [leakyReLU()]))),
        description: { dim: 1e9, contextDim: 0, layers: [], base, precision: 'float32' },
      })
      expect(() => decodeFlow(bytes)).toThrow(FormatError)
    }
  })
})

it('a base says how many rows fit a tile, as layers do', () => {
  const of = (base: BaseSpec) =>
    buildStructure({ dim: 20, contextDim: 0, layers: [], base, precision: 'float32' }).mostTileRows
  expect(of(gaussianMixture({ components: 40 }))).toBeLessThan(of(standardNormal()))
})

it('a coupling on a learnable base keeps its own numbers apart from those of the base', () => {
  const spec = coupling({ mask: [1, 0], transformer: additive() })
  const model = flow(2, [spec], { base: diagonalNormal({ mean: [3, 4] }) })
  expect([...model.parameters.slice(-4)]).toEqual([3, 4, 0, 0])
})
