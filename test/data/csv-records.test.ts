import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvRecords } from '#data/csv-records.js'

function records(pieces: Iterable<string>): string[][] {
  const all: string[][] = []
  const reader = csvRecords('file', {}, { start() {}, record: (cells) => all.push(cells.map((cell) => cell.trim())) })
  for (const piece of pieces) reader.push(piece)
  reader.end()
  return all
}

const reference = (text: string, delimiter: string) =>
  parse(text, { delimiter, record_delimiter: ['\r\n', '\n', '\r'], trim: true, relax_column_count: true })

describe('csvRecords', () => {
  const plain = fc.constantFrom('1', '-2.5', 'a b', '', ' 3 ', '4e5')
  const awkward = fc.string({ unit: fc.constantFrom('"', ',', ';', '\t', '\n', '\r', 'x', ' '), maxLength: 5 })
  const form = fc.record({
    delimiter: fc.constantFrom(',', ';', '\t'),
    end: fc.constantFrom('\n', '\r\n', '\r'),
  })
  const cell = fc.oneof(
    { weight: 8, arbitrary: plain },
    { weight: 4, arbitrary: plain.map((text) => `"${text}"`) },
    { weight: 1, arbitrary: awkward.map((text) => `"${text.replaceAll('"', '""')}"`) },
  )
  const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 })

  test('finds the cells that csv-parse finds, in whole text and in pieces', () => {
    fc.assert(
      fc.property(rows, form, fc.nat(100), (cells, { delimiter, end }, cut) => {
        // Forty first lines fix the delimiter and pass the length at which it is decided.
        const first = `${'filler'.repeat(300)}${delimiter}1${end}`.repeat(40)
        const text = first + cells.map((row) => row.join(delimiter)).join(end)
        const expected = reference(text.slice(first.length), delimiter).map((row) => row.map((value) => value.trim()))
        expect(records([text]).slice(40)).toEqual(expected)
        expect(records([text.slice(0, first.length + cut), text.slice(first.length + cut)]).slice(40)).toEqual(expected)
      }),
      { seed: 1, numRuns: 60 },
    )
  })

  test('an empty cell between tabs stays one, beside a quoted quote too', () => {
    expect(records(['"a"\t"x""y"\tb\n1\t\t2\n'])).toEqual([
      ['a', 'x"y', 'b'],
      ['1', '', '2'],
    ])
  })
})
