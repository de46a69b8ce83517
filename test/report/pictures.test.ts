import ndarray from 'ndarray'
import {
  affineCoupling,
  alternatingMask,
  Flow,
  flow,
  jang,
  type LayerSpec,
  leakyReLU,
  reverse,
  standardNormal,
} from 'pushforward'
import { describe, expect, test } from 'vitest'
import { ScalerFit } from '#data/scaler.js'
import { picturesOf } from '#report/write-plots.js'
import { expectApart, expectSound, texts } from './svg.js'

function model(dim: number, couplings: number): Flow {
  const layers = Array.from({ length: couplings }, (_, i) => [
    leakyReLU(),
    ...(dim > 1 ? [affineCoupling({ mask: alternatingMask(dim, i), hidden: [4] })] : []),
  ])
  // A model file may hold no layers at all.
  const description = {
    dim,
    contextDim: 0,
    layers: layers.flat(),
    base: standardNormal(),
    precision: 'float32',
  } as const
  return new Flow(description, { seed: 3 })
}

/** Points of a plain lattice: no two columns alike, and no randomness. */
function lattice(rows: number, dim: number, map = (value: number, _column: number) => value): number[][] {
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: dim }, (_, j) => map(((i * (j + 2) * 7919) % 101) / 50 - 1, j)),
  )
}

const losses = Float64Array.from({ length: 50 }, (_, t) => 3 + 5 / (t + 1))
const WILD = [
  '<b>&amp;',
  '"quoted" & \'single\'',
  'x\u0000\u001f\ud800]]>',
  'w'.repeat(300),
  '温度 °C',
  '',
  '🙂 <!-- -->',
]

const CASES: [string, number, number[][]][] = [
  [
    'two rows',
    2,
    [
      [0, 1],
      [2, 5],
    ],
  ],
  [
    'two equal rows',
    2,
    [
      [3, 3],
      [3, 3],
    ],
  ],
  ['timestamps', 2, lattice(200, 2, (value, j) => (j === 0 ? 1.7e9 + value : value))],
  ['values of 1e-12', 2, lattice(200, 2, (value) => value * 1e-12)],
  ['one far outlier', 2, [...lattice(200, 2), [1e5, -1e5]]],
  ['one column', 1, lattice(200, 1)],
  ['five columns', 5, lattice(342, 5)],
  ['seven columns', 7, lattice(100, 7)],
]

describe('every picture of a run', () => {
  for (const [name, dim, rows] of CASES) {
    test(`is sound XML of finite numbers with panels apart: ${name}`, () => {
      const columns = Array.from({ length: dim }, (_, j) => WILD[j])
      const it = model(dim, 2)
      // Without a scaler of theirs, such values lie beyond all density and have no image.
      if (name === 'timestamps') {
        const fit = new ScalerFit(dim)
        fit.add(ndarray(rows.flat(), [rows.length, dim]))
        it.scaler = fit.end()
      }
      const pictures = picturesOf({ flow: it, rows, columns, losses, bestStep: 49, gaussianNll: 4 })
      for (const [file, draw] of pictures) {
        const svg = draw()
        expectSound(svg, { bytes: file === 'film.svg' ? 1_500_000 : 400_000 })
        expectApart(svg)
      }
    })
  }

  test('depends on the columns', () => {
    const names = (dim: number, couplings = 2) => [
      ...picturesOf({ flow: model(dim, couplings), rows: lattice(9, dim), losses }).keys(),
    ]
    const layers = ['data-to-noise.svg', 'noise-to-data.svg', 'film.svg', 'leaky-relu.svg']
    const held = ['qq.svg', 'pit.svg']
    expect(names(1)).toEqual(['loss.svg', 'density.svg', ...held, 'leaky-relu.svg'])
    expect(names(2)).toEqual(['loss.svg', 'samples.svg', 'density.svg', ...held, ...layers])
    expect(names(7)).toEqual(['loss.svg', 'marginals.svg', 'pairs.svg', ...held, ...layers])
    expect(names(2, 0)).toEqual(['loss.svg', 'samples.svg', 'density.svg', ...held])
  })

  test('explains a leaky ReLU where the flow is made of them and affine couplings, as the tutorial is', () => {
    const layers = [leakyReLU(), affineCoupling({ mask: alternatingMask(2, 0) })]
    const has = (...specs: LayerSpec[]) =>
      picturesOf({ flow: flow(2, specs), rows: lattice(9, 2), losses }).has('leaky-relu.svg')
    expect([has(...layers), has(...layers, reverse())]).toEqual([true, false])
  })

  test('is the same text for the same run', () => {
    const draw = () =>
      [...picturesOf({ flow: model(2, 2), rows: jang(100), losses }).values()].map((picture) => picture())
    expect(draw()).toEqual(draw())
  })

  test('names its columns at the axes, escaped, and shortens only what does not fit', () => {
    const pictures = picturesOf({ flow: model(2, 1), rows: jang(100), losses, columns: ['<b>&amp;', 'w'.repeat(300)] })
    for (const file of ['samples.svg', 'density.svg']) {
      const found = texts(pictures.get(file)?.() ?? '')
      expect(found).toContain('<b>&amp;')
      expect(found.some((text) => /^w{20,60}…$/.test(text))).toBe(true)
    }
  })
})
