import { describe, expect, it } from 'vitest'
import { NONE } from '#kernels/heap.js'
import { add, affineCoupleBackward, copy, dense, denseWeightGradient, fill, tanh } from '#kernels/operations/index.js'
import { lengthOf, Pass, part, parts, Region, rangeOf, reshape, type Span, strideOf } from '#kernels/pass.js'
import { argumentsOf } from '#kernels/program.js'

const pass = () => new Pass(8, new Region(16), new Region(4096))

function room() {
  let next = 16
  return (...shape: number[]): Span => {
    const at = next
    next += lengthOf(shape)
    return { at, shape }
  }
}

/** What a pass has written down of `work`, as arguments by position. */
function written(work: (pass: Pass) => void): number[][] {
  const recording = pass()
  return recording.record(() => work(recording)).map(argumentsOf)
}

describe('a pass takes counts and strides from the shapes of arrays', () => {
  it('of a product by a block of a wider matrix', () => {
    const weight = { at: 100, shape: [4, 3], stride: 10 }
    const [x, y] = [
      { at: 16, shape: [3, 8] },
      { at: 60, shape: [4, 8] },
    ]
    expect(written((p) => dense(p, { x, weight, y }))).toEqual([[4, 3, 8, 16, 100, 10, NONE, 60]])
    const whole = { at: 100, shape: [4, 3] }
    expect(written((p) => dense(p, { x, weight: whole, bias: { at: 7, shape: [4] }, y }))).toEqual([
      [4, 3, 8, 16, 100, 3, 7, 60],
    ])
  })

  it('of all numbers of an array with several indices, where an operation takes them one by one', () => {
    const cloud = { at: 16, shape: [3, 8] }
    expect(written((p) => tanh(p, { x: cloud, y: cloud }))).toEqual([[24, 16, 16]])
    expect(written((p) => fill(p, { value: 0.5, y: cloud }))).toEqual([[24, 0.5, 16]])
  })
})

describe('a pass refuses, before anything runs,', () => {
  const at = room()
  const [raw, a, b, x3, y4, w43, scratch] = [at(1), at(8), at(8), at(3, 8), at(4, 8), at(4, 3), at(512)]
  const gradientOf = (span: Span): Span => ({ ...span, gradient: true })
  const couple = { f: raw, a, u: a, e: a, z: a, dz: a, dLogDet: a, dx: b, da: b, dt: b, df: gradientOf(raw) }
  const sums = { x: x3, dy: y4, dWeight: gradientOf(w43), dBias: gradientOf(at(4)), scratch }

  it.each<[string, (p: Pass) => void, string]>([
    ['other rows', (p) => copy(p, { x: a, y: at(7) }), 'copy: y is [7], expected [8].'],
    [
      'another number of rows',
      (p) => dense(p, { x: x3, weight: w43, y: at(3, 8) }),
      'dense: y is [3,8], expected [4,8]',
    ],
    [
      'an array turned about',
      (p) => dense(p, { x: x3, weight: at(3, 4), y: y4 }),
      'dense: weight is [3,4], expected [3,3]',
    ],
    ['too many indices', (p) => dense(p, { x: at(1, 3, 8), weight: w43, y: y4 }), 'dense: x is [1,3,8], expected'],
    [
      'a bias of another length',
      (p) => dense(p, { x: x3, weight: w43, bias: at(3), y: y4 }),
      'dense: bias is [3], exp',
    ],
    [
      'scratch that is too small',
      (p) => denseWeightGradient(p, { ...sums, scratch: at(16 * 12 - 1) }),
      'denseWeightGradient: scratch is [191], expected [192].',
    ],
    ['a missing array', (p) => tanh(p, { x: a } as unknown as Parameters<typeof tanh>[1]), 'tanh: y is missing.'],
    [
      'a missing number',
      (p) => fill(p, { y: a } as unknown as Parameters<typeof fill>[1]),
      'fill: value is no number.',
    ],
    [
      'an operand that there is not',
      (p) => tanh(p, { x: a, y: b, z: b } as Parameters<typeof tanh>[1]),
      'tanh has no operand z.',
    ],
    [
      'an array for a gradient',
      (p) => affineCoupleBackward(p, { ...couple, df: raw }),
      'affineCoupleBackward: df is no gradient of parameters, which it must be.',
    ],
    [
      'a gradient for an array',
      (p) => add(p, { x: gradientOf(a), y: b }),
      'add: x is a gradient of parameters, which this operand is none of.',
    ],
    [
      'a gradient for an optional array',
      (p) => dense(p, { x: x3, weight: w43, bias: gradientOf(at(4)), y: y4 }),
      'dense: bias is a gradient of parameters',
    ],
    [
      'slices apart where all must lie side by side',
      (p) => dense(p, { x: { ...x3, stride: 20 }, weight: w43, y: y4 }),
      'dense: x has a stride of 20, which it takes none of.',
    ],
  ])('%s', (_, call, message) => {
    const recording = pass()
    const recorded = recording.record(() => expect(() => call(recording)).toThrow(message))
    expect(recorded).toEqual([])
  })

  it('and takes scratch that is larger, and a stride that is none', () => {
    expect(written((p) => denseWeightGradient(p, { ...sums, scratch }))).toHaveLength(1)
    expect(written((p) => dense(p, { x: { ...x3, stride: 8 }, weight: w43, y: y4 }))).toHaveLength(1)
    // Of a single slice it does not matter where the next would be.
    expect(written((p) => dense(p, { x: { ...at(1, 8), stride: 20 }, weight: at(4, 1), y: y4 }))).toHaveLength(1)
  })
})

describe('spans', () => {
  const cloud: Span = { at: 100, shape: [3, 2, 5] }
  const apart: Span = { at: 100, shape: [3, 5], stride: 20, gradient: true }

  it('have slices by the first index, side by side or not', () => {
    expect([strideOf(cloud), strideOf(apart)]).toEqual([10, 20])
    expect(part(cloud, 2)).toEqual({ at: 120, shape: [2, 5] })
    expect(part(apart, 2)).toEqual({ at: 140, shape: [5], gradient: true })
    expect(parts(apart, 1, 2)).toEqual({ at: 120, shape: [2, 5], stride: 20, gradient: true })
  })

  it('reach from the first number to the last, what lies between slices included', () => {
    expect(rangeOf(cloud)).toEqual({ from: 100, to: 130 })
    expect(rangeOf(apart)).toEqual({ from: 100, to: 145 })
    const { from, to } = rangeOf({ at: 100, shape: [3, 0], stride: 20 })
    expect(to - from).toBe(0)
  })

  it('are seen in another shape where they hold as many numbers side by side', () => {
    expect(reshape(cloud, 6, 5)).toEqual({ at: 100, shape: [6, 5] })
    expect(() => reshape(cloud, 5, 5)).toThrow('A span [3,2,5] cannot be seen as [5,5].')
    expect(() => reshape(apart, 15)).toThrow('A span [3,5] cannot be seen as [15].')
  })
})

describe('a region', () => {
  it('lends room on cache lines, and again what was lent since a mark', () => {
    const region = new Region(64)
    expect([region.take(3), region.take(17), region.take(1)]).toEqual([64, 80, 112])
    expect([region.used, region.length, region.numbers]).toEqual([64, 64, 21])
    region.rewind(16)
    expect(region.take(5)).toBe(80)
    expect([region.used, region.length, region.numbers]).toEqual([32, 64, 26])
  })
})

it('a pass names the arrays that tell a branch once', () => {
  const recording = pass()
  const span = recording.tape(2, 8)
  recording.branch(span)
  recording.branch(span, 'value')
  expect(recording.takePieces()).toEqual([
    { span, by: 'sign' },
    { span, by: 'value' },
  ])
  expect(recording.takePieces()).toEqual([])
})
