import { expect, test } from 'vitest'
import { nearestName } from '#data/nearest-name.js'

const commands = ['train', 'sample', 'score']

test.each([
  ['trian', 'train'],
  ['Train', 'train'],
  ['smple', 'sample'],
  ['samplee', 'sample'],
  ['store', 'score'],
])('%s was meant to be %s', (name, meant) => expect(nearestName(name, commands)).toBe(meant))

test.each(['x', 'tiran', 'export', ''])('%j resembles none of them', (name) =>
  expect(nearestName(name, commands)).toBeUndefined(),
)
