import { array, assert, constantFrom, integer, property, tuple } from 'fast-check'
import { expect, it } from 'vitest'
import { LiveRanges } from '#kernels/live-ranges.js'

const PLACES = 24

const range = tuple(integer({ min: 0, max: PLACES }), integer({ min: 0, max: PLACES })).map(([from, to]) => ({
  from,
  to,
}))

it('ranges that are added and removed hold the places that a plain set does', () => {
  const steps = array(tuple(constantFrom('add', 'remove'), range), { maxLength: 40 })
  assert(
    property(steps, (sequence) => {
      const live = new LiveRanges()
      const places = new Set<number>()
      for (const [step, { from, to }] of sequence) {
        live[step as 'add' | 'remove']({ from, to })
        for (let place = from; place < to; place++) {
          if (step === 'add') places.add(place)
          else places.delete(place)
        }
        for (let first = 0; first < PLACES; first++) {
          expect(live.overlaps({ from: first, to: first + 1 })).toBe(places.has(first))
        }
      }
    }),
    { numRuns: 500 },
  )
})

it('a range overlaps what is live where they share a place, not where they touch or where it is empty', () => {
  assert(
    property(array(range, { maxLength: 8 }), range, (ranges, asked) => {
      const live = new LiveRanges()
      for (const one of ranges) live.add(one)
      const expected = ranges.some(({ from, to }) => Math.max(from, asked.from) < Math.min(to, asked.to))
      expect(live.overlaps(asked)).toBe(expected)
    }),
    { numRuns: 2000 },
  )
})
