import { expect, test } from 'vitest'
import { didYouMean, nearestName } from '#data/nearest-name.js'

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

test('a question tells it, as it is to be shown, and what else there is to say where none is near', () => {
  expect(didYouMean('trian', commands)).toBe('Did you mean train?')
  expect(didYouMean('trian', commands, { shownAs: (name) => `--${name}` })).toBe('Did you mean --train?')
  expect(didYouMean('export', commands)).toBe('')
  expect(didYouMean('export', commands, { otherwise: 'There are three.' })).toBe('There are three.')
})
