import { DataError, FormatError, TrainingError, UsageError } from 'pushforward'
import { describe, expect, test, vi } from 'vitest'
import { say, warn, writeData, writeObject, writeText } from '../dist/cli/output.js'
import { echo } from '../dist/errors.js'
import { messageLine, printable, printableLines } from '../dist/printable.js'

describe('text from outside', () => {
  test.each([
    ['\u001b[2J', '\\u001b[2J'],
    ['a\nb\r', 'a\\u000ab\\u000d'],
    ['\u009b31m\u007f', '\\u009b31m\\u007f'],
    ['\u202eabc\u2066', '\\u202eabc\\u2066'],
    ['a\u2028b\ufeff\u00ad', 'a\\u2028b\\ufeff\\u00ad'],
    ['\ud800', '\\ud800'],
    ['\u{e0041}', '\\udb40\\udc41'],
  ])('%j is shown escaped, on one line', (text, shown) => {
    expect(printable(text)).toBe(shown)
  })

  test.each(['Größe', 'température °C', '列', 'سن', '👩‍👧', 'e\u0301', 'a b'])('%s is shown as it is', (text) => {
    expect(printable(text)).toBe(text)
  })

  test('keeps the breaks of its lines where it has lines, and nothing else', () => {
    expect(printableLines('a\n\u001bb\r\n')).toBe('a\n\\u001bb\\u000d\n')
  })
})

describe('a message', () => {
  test.each([UsageError, DataError, FormatError])('of a %o is one line of at most 1000 characters', (Kind) => {
    const { message } = new Kind(`table.csv: column "${'\n\u001b'.repeat(1e6)}" is empty. Remove the row.`)
    expect(message.length).toBeLessThanOrEqual(1000)
    expect(message).toMatch(/^table\.csv: column "\\u000a\\u001b[^\n]* … [^\n]*" is empty\. Remove the row\.$/)
  })

  test('of training likewise, which keeps its step', () => {
    expect(new TrainingError('a\nb', 7)).toMatchObject({ message: 'a\\u000ab', step: 7 })
  })

  test('of 1000 characters is left as it is, and one of 1001 is cut', () => {
    expect(messageLine('x'.repeat(1000))).toBe('x'.repeat(1000))
    expect(messageLine('x'.repeat(1001))).toBe(`${'x'.repeat(640)} … ${'x'.repeat(320)}`)
  })

  test('repeats no value at length, and every kind of one', () => {
    expect(echo('x'.repeat(1e6))).toBe(`"${'x'.repeat(79)}… (1000002 characters)`)
    let deep: unknown = 1
    for (let i = 0; i < 1e5; i++) deep = [deep]
    expect(echo(deep)).toBe('an object')
    expect([undefined, null, 3n, Number.NaN].map(echo)).toEqual(['missing', 'null', '3', 'null'])
  })
})

describe('what is written', () => {
  function written(stream: NodeJS.WriteStream, isTTY: boolean, work: () => unknown): string {
    let text = ''
    const before = stream.isTTY
    stream.isTTY = isTTY
    const spy = vi.spyOn(stream, 'write').mockImplementation((piece) => {
      text += piece
      return true
    })
    try {
      work()
    } finally {
      spy.mockRestore()
      stream.isTTY = before
    }
    return text
  }

  test('as data is escaped on a terminal, and as it is in a file', () => {
    const table = 'a,"\u001b[2J"\n1,2\n'
    expect(written(process.stdout, true, () => writeData(table))).toBe('a,"\\u001b[2J"\n1,2\n')
    expect(written(process.stdout, false, () => writeData(table))).toBe(table)
  })

  test('as JSON means the same on a terminal', () => {
    const object = { 'a\u009b\u202e': '\u001b' }
    expect(JSON.parse(written(process.stdout, true, () => writeObject(object)))).toEqual(object)
    expect(written(process.stdout, true, () => writeObject(object))).not.toContain('\u009b')
  })

  test('for a person is escaped everywhere', () => {
    expect(written(process.stdout, false, () => writeText('\u001b\n'))).toBe('\\u001b\n')
    expect(written(process.stderr, false, () => say('\u001b'))).toBe('\\u001b\n')
    expect(written(process.stderr, false, () => warn('\u001b\nforged'))).toBe('Warning: \\u001b\\u000aforged\n')
  })
})
