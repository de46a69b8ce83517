import { expect, it } from 'vitest'
import { begin, hand, hasBegun } from '#parallel/start.js'

it('is seen to have begun while the task runs, and returns what it returns', () => {
  const handed = hand(20)
  expect(hasBegun(handed)).toBe(false)
  const work = begin((task: number) => [task + 1, hasBegun(handed)])
  expect(work(handed)).toEqual([21, true])
  expect(hasBegun(hand(20))).toBe(false)
})
