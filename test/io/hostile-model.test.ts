import {
  actNorm,
  autoregressive,
  coupling,
  decodeModel,
  encodeFlow,
  FormatError,
  flow,
  householder,
  leakyReLU,
  luLinear,
  maskedMLP,
  mlp,
  permutation,
  reverse,
  softAffine,
} from 'pushforward'
import { describe, expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors } from '#io/safetensors.js'

const { tensors, metadata } = decodeSafetensors(encodeFlow(flow(2, [leakyReLU()])))
const described = JSON.parse(metadata.flow)

/** A small model file whose description says something else. */
const claiming = (parts: object) =>
  encodeSafetensors(tensors, { ...metadata, flow: JSON.stringify({ ...described, ...parts }) })

const transformer = softAffine()

describe('a model file of a few hundred bytes', () => {
  // Each would take gigabytes, or minutes, if it were built before it is held against what the file has.
  test.each<[string, object]>([
    ['10⁹ columns in a random order', { dim: 1e9, layers: [permutation({ seed: 1 })] }],
    ['10⁹ columns in reverse', { dim: 1e9, layers: [reverse()] }],
    ['10⁹ columns of a context', { contextDim: 1e9 }],
    ['10⁹ × 10⁹ numbers', { dim: 1e9, layers: [luLinear()] }],
    ['10⁹ hidden units', { layers: [coupling({ mask: [1, 0], transformer, conditioner: mlp({ hidden: [1e9] }) })] }],
    ['10⁸ masked units', { layers: [autoregressive({ transformer, conditioner: maskedMLP({ hidden: [1e8] }) })] }],
    [
      '10⁴ hidden layers',
      { layers: [coupling({ mask: [1, 0], transformer, conditioner: mlp({ hidden: Array(1e4).fill(1) }) })] },
    ],
    ['10⁸ reflections', { layers: [householder({ reflections: 1e8 })] }],
    ['10⁴ layers', { layers: Array.from({ length: 1e4 }, () => actNorm()) }],
    ['a mixture of 10⁹', { base: { type: 'gaussianMixture', components: 1e9 } }],
  ])('that claims %s is refused before memory is taken for them', (_, parts) => {
    const before = process.memoryUsage()
    expect(() => decodeModel(claiming(parts))).toThrow(FormatError)
    const after = process.memoryUsage()
    const taken = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers
    expect(taken).toBeLessThan(64 * 2 ** 20)
  })

  test.each(['data:text/javascript,globalThis.ran=true', 'node:child_process', '__proto__', 'constructor', 'toString'])(
    'whose layer is of type %s runs nothing',
    (type) => {
      expect(() => decodeModel(claiming({ layers: [{ type }] }))).toThrow(/No layer is called/)
      expect(() => decodeModel(claiming({ base: { type } }))).toThrow(FormatError)
      expect('ran' in globalThis).toBe(false)
    },
  )
})
