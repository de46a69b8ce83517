import { describe, expect, test } from 'vitest'
import { fittedHelp, lineWidth, wrapped } from '#cli/wrap.js'
import { pushforward } from './run.js'

test('a sentence is broken between words, and a word that is too long for a line stays whole', () => {
  expect(wrapped('one two three runs/2026-11-27-points four', 9)).toBe('one two\nthree\nruns/2026-11-27-points\nfour')
  expect(wrapped('one two', 7)).toBe('one two')
  expect(wrapped('  one two three', 9)).toBe('  one two\n    three')
})

test('lines are as wide as the first terminal, 120 at most, and 80 where there is none', () => {
  expect(lineWidth([{}, { isTTY: true, columns: 60 }])).toBe(60)
  expect(lineWidth([{ isTTY: true, columns: 200 }])).toBe(120)
  expect(lineWidth([{ isTTY: true, columns: 0 }])).toBe(80)
  expect(lineWidth([{}, {}])).toBe(80)
})

describe('help', () => {
  const page = [
    'Options',
    '  --rows N  rows to draw from a generator that has a name (1024)',
    '  --help    show this',
    '',
    'MODEL is a run folder,',
    'or latest.',
    '',
    'Examples',
    '  pushforward train points.csv --out runs/points --columns x,y',
  ].join('\n')

  test('keeps texts beside their options, joins the lines of a paragraph, and leaves examples whole', () => {
    expect(fittedHelp(page, 44).split('\n')).toEqual([
      'Options',
      '  --rows N  rows to draw from a generator',
      '            that has a name (1024)',
      '  --help    show this',
      '',
      'MODEL is a run folder, or latest.',
      '',
      'Examples',
      '  pushforward train points.csv --out runs/points --columns x,y',
    ])
  })

  test('puts texts below their options where there is no room beside', () => {
    expect(fittedHelp(page, 36).split('\n').slice(1, 5)).toEqual([
      '  --rows N',
      '        rows to draw from a',
      '        generator that has a name',
      '        (1024)',
    ])
  })

  test.each(['train', 'sample', 'score', 'predict', 'show', 'report', 'data', 'doctor', 'completion'])(
    'of %s has no line beyond 80 characters but those to be copied',
    async (command) => {
      const { stdout } = await pushforward([command, '--help'])
      const long = stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('  pushforward '))
      expect(long).toEqual([])
    },
  )
})
