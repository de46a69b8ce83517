import { createHash } from 'node:crypto'
import { FormatError } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { checkpointSteps, decodeCheckpoints, encodeCheckpoint, encodeCheckpoints } from '#io/checkpoint-file.js'
import { decodeSafetensors, encodeSafetensors } from '#io/safetensors.js'

const three = Float32Array.of(1, 2, 3)
const member = encodeCheckpoint({
  flow: '{}',
  options: {},
  dataSha256: '0'.repeat(64),
  preparedSha256: '0'.repeat(64),
  steps: 2,
  params: three,
  average: undefined,
  firstMoment: three,
  secondMoment: three,
  best: three,
  losses: Float64Array.of(3, 2),
  validation: new Float64Array(),
  validationEvery: 1,
  anchors: [],
  recoveries: [],
})

/** A checkpoint of three fits, one of which has none yet, with other texts or names of arrays, sealed as its writer does. */
function claiming(texts: Record<string, string>, renamed: (name: string) => string = (name) => name): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(encodeCheckpoints([member, undefined, member]))
  const named = tensors.map((tensor) => ({ ...tensor, name: renamed(tensor.name) }))
  const bytes = Buffer.from(encodeSafetensors(named, { ...metadata, ...texts, sha256: '0'.repeat(64) }))
  const at = bytes.indexOf('"sha256":"') + '"sha256":"'.length
  bytes.write(createHash('sha256').update(bytes).digest('hex'), at, 'latin1')
  return bytes
}

test('a checkpoint of several fits has those that there are, and the steps of all of them', () => {
  const bytes = claiming({})
  expect(decodeCheckpoints(bytes).map((own) => own?.length)).toEqual([member.length, undefined, member.length])
  expect(checkpointSteps(bytes)).toBe(4)
})

describe('a checkpoint of several fits is refused', () => {
  test.each(['1000000000', '0', '-1', '1e400', 'NaN', '', '3.5'])('that says it has %j members', (members) => {
    expect(() => decodeCheckpoints(claiming({ members }))).toThrow(FormatError)
    expect(() => checkpointSteps(claiming({ members }))).toThrow(/its number of members is "|is none of a member/)
  })

  test.each(['3', '00', 'x', '__proto__'])('with an array named %s', (name) => {
    const bytes = claiming({}, (own) => (own === '2' ? name : own))
    expect(() => decodeCheckpoints(bytes)).toThrow(`its array "${name}" is none of a member`)
  })
})
