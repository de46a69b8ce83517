import {
  decodeModel,
  encodeModel,
  ensemble,
  FormatError,
  fit,
  flow,
  nice,
  scoreQuantile,
  scoreRecord,
  UsageError,
} from 'pushforward'
import { describe, expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors } from '#io/safetensors.js'
import { randomStream } from '#random/stream.js'

const stream = randomStream(11, 2, 0)
const normals = (count: number) => Float64Array.from({ length: count }, () => Math.fround(stream.normal()))
/** The share of values that are at most this one. */
const shareUpTo = (values: Float64Array, value: number) => values.filter((own) => own <= value).length / values.length
const quantiles = (values: Float64Array, asked: ArrayLike<number>) =>
  scoreQuantile({ scores: scoreRecord(values, 'held-out') }, asked)

describe('scoreQuantile', () => {
  test.each([1, 2, 999, 1000])('is the share of %d scores, exactly, ties included', (count) => {
    const values = normals(count).map((value) => Math.round(8 * value) / 8)
    const asked = [...normals(200), ...values.slice(0, 50), Infinity, -Infinity]
    expect([...quantiles(values, asked)]).toEqual(asked.map((value) => shareUpTo(values, value)))
  })

  test.each([1001, 1500, 54_321])('is that of %d to a thousandth, and of the hundred lowest exactly', (count) => {
    // All from 0 to count − 1, as 7919 is prime.
    const values = Float64Array.from({ length: count }, (_, i) => (i * 7919) % count)
    const told = quantiles(values, values.toSorted())
    const exact = told.map((_, i) => (i + 1) / count)
    expect(told.subarray(0, 100)).toEqual(exact.subarray(0, 100))
    const short = exact.map((share, i) => share - told[i])
    expect(Math.min(...short)).toBe(0)
    expect(Math.max(...short)).toBeLessThanOrEqual(1.2e-3)
    expect([...quantiles(values, [-1, Infinity, Number.NaN])]).toEqual([0, 1, Number.NaN])
  })

  test('takes a density of 0 for the oddest', () => {
    expect([...quantiles(Float64Array.of(-Infinity, 2, 1), [-Infinity, -1e300, 1])]).toEqual([1 / 3, 1 / 3, 2 / 3])
  })

  test('needs a record, and a record rows', () => {
    expect(() => scoreQuantile(flow(1, []), [1])).toThrow(UsageError)
    expect(() => scoreRecord([], 'training')).toThrow(UsageError)
    expect(() => scoreRecord([1, Number.NaN, 2], 'training')).toThrow(/NaN/)
  })
})

describe('a record of scores', () => {
  const model = () => flow(2, nice(2, { layers: 2, hidden: [4] }))
  const record = scoreRecord([...normals(1500), -Infinity], 'held-out')

  test('is in the file of its model, bit for bit, and one without changes nothing of the file', () => {
    const [plain, scored] = [model(), model()]
    scored.scores = record
    expect(decodeModel(encodeModel(scored)).scores).toEqual(record)
    expect(encodeModel(decodeModel(encodeModel(scored)))).toEqual(encodeModel(scored))
    scored.scores = undefined
    expect(encodeModel(scored)).toEqual(encodeModel(plain))
    expect(decodeModel(encodeModel(plain)).scores).toBeUndefined()
  })

  test('is that of a mixture beside those of its members', () => {
    const [one, other] = [model(), model()]
    one.scores = scoreRecord([3, 4], 'training')
    const both = ensemble([one, other])
    both.scores = record
    const read = decodeModel(encodeModel(both)) as typeof both
    expect([read.scores, read.members[0].scores, read.members[1].scores]).toEqual([record, one.scores, undefined])
  })

  test('ends with the weights that it is of', async () => {
    const trained = model()
    trained.scores = record
    await fit(
      trained,
      [...normals(40)].map((x) => [x, x * x]),
      { steps: 2, threads: 0 },
    )
    expect(trained.scores).toBeUndefined()
  })

  test.each([
    ['{"of":"held-out","rows":3,"scores":[1,2]}', 'are not 3 numbers that ascend'],
    ['{"of":"held-out","rows":2,"scores":[2,1]}', 'are not 2 numbers that ascend'],
    ['{"of":"test","rows":1,"scores":[1]}', 'cannot be used'],
    ['{"of":"training","rows":0,"scores":[]}', 'cannot be used'],
    ['{', 'cannot be used'],
  ])('%s is a damaged one', (scores, message) => {
    for (const whole of [model(), ensemble([model()])]) {
      const { tensors, metadata } = decodeSafetensors(encodeModel(whole))
      const bytes = encodeSafetensors(tensors, { ...metadata, scores })
      expect(() => decodeModel(bytes)).toThrow(FormatError)
      expect(() => decodeModel(bytes)).toThrow(message)
    }
  })
})
