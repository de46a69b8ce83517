import {
  circular,
  type Flow,
  flow,
  iaf,
  type LayerSpec,
  maf,
  nice,
  nsf,
  nsfAutoregressive,
  realNVP,
  tutorial,
  UsageError,
  uniformBox,
} from 'pushforward'
import { describe, expect, it } from 'vitest'
import { namedSlots } from '#flow/structure.js'
import { lengthOf } from '#kernels/pass.js'
import { normals } from '../laws/bench.js'

interface Made extends LayerSpec {
  readonly conditioner?: { readonly fourier?: unknown }
  readonly layer?: Made
}

/** What conditioners of layers are told of waves, each once. */
function wavesOf(layers: readonly LayerSpec[]): unknown[] {
  const nets = (layers as Made[]).flatMap(({ conditioner, layer }) => conditioner ?? layer?.conditioner ?? [])
  expect(nets.length).toBeGreaterThan(0)
  return [...new Set(nets.map(({ fourier }) => JSON.stringify(fourier)))].map((text) => text && JSON.parse(text))
}

describe('waves of presets', () => {
  it.each(Object.entries({ nice, realNVP, nsf, nsfAutoregressive, maf, iaf }))(
    '%s has them where asked',
    (_, preset) => {
      for (const dim of [2, 3]) {
        expect(wavesOf(preset(dim))).toEqual([undefined])
        expect(wavesOf(preset(dim, { fourier: 6 }))).toEqual([{ count: 6 }])
        expect(wavesOf(preset(dim, { fourier: { count: 3, raw: false } }))).toEqual([{ count: 3, raw: false }])
      }
      expect(wavesOf(preset(1, { fourier: 6 }))).toEqual([{ count: 6, context: true }])
      for (const dim of [1, 2, 3]) {
        expect(flow(dim, preset(dim, { fourier: 6, hidden: [8] }), { context: 2 }).parameterCount).toBeGreaterThan(0)
      }
    },
  )

  it.each([nsf, nsfAutoregressive])('repeat after the whole box of splines, unless a period is given', (preset) => {
    expect(wavesOf(preset(2, { box: 4, fourier: 6 }))).toEqual([{ count: 6, period: 8 }])
    expect(wavesOf(preset(2, { box: 4, fourier: { count: 6, period: 3 } }))).toEqual([{ count: 6, period: 3 }])
  })

  it('are none of the tutorial, and what is wrong with them is said when a flow is made', () => {
    const given = { fourier: 6 } as object
    const message = 'tutorial has no option "fourier"; it takes layers, hidden, activation, dropout.'
    expect(() => tutorial(2, given)).toThrow(new UsageError(message))
    const words = 'how many frequencies, such as 6, or { count, period, raw, context }'
    expect(() => nsf(2, { fourier: '6' } as object)).toThrow(new UsageError(`nsf's fourier is "6"; expected ${words}.`))
    expect(() => flow(2, nsf(2, { fourier: 0 }))).toThrow(
      new UsageError("fourier's count is 0; expected an integer from 1 to 64."),
    )
  })
})

/** Angles, by parameters far from those of the start, but for rotations: π is where the nets' angles come round. */
function angles(layers: readonly LayerSpec[]): Flow {
  const model = flow(2, layers, { base: uniformBox({ low: -Math.PI, high: Math.PI }), seed: 1 })
  model.parameters.set(normals(model.parameters.length, 6).map((value) => 0.3 * value))
  let at = 0
  for (const { name, shape } of namedSlots(model.structure)) {
    const end = at + lengthOf(shape)
    if (name.endsWith('theta')) model.parameters.fill(0, at, end)
    at = end
  }
  return model
}

describe('circular', () => {
  const end = Math.fround(Math.PI) - 2 ** -22
  const others = Array.from({ length: 40 }, (_, t) => -3 + 0.15 * t)
  /** The largest step of ln p where either angle goes from π to −π. */
  const step = (model: Flow) => {
    const steps = [0, 1].map((j) => {
      const [before, after] = [end, -end].map((angle) =>
        model.logProb(others.map((other) => (j === 0 ? [angle, other] : [other, angle]))),
      )
      return Math.max(...before.map((value, t) => Math.abs(value - after[t])))
    })
    return Math.max(...steps)
  }

  it('has a density without a jump where an angle comes round; with angles themselves in its nets it jumps', () => {
    expect(step(angles(circular(2, { hidden: [16] })))).toBeLessThan(1e-3)
    expect(step(angles(circular(2, { hidden: [16], fourier: { count: 4, raw: true } })))).toBeGreaterThan(0.1)
  })

  it('has waves of four frequencies alone, or as many as it is told', () => {
    expect(wavesOf(circular(2))).toEqual([{ period: 2 * Math.PI, raw: false, count: 4 }])
    expect(wavesOf(circular(3, { fourier: 7 }))).toEqual([{ period: 2 * Math.PI, raw: false, count: 7 }])
  })
})
