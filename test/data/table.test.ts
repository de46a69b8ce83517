import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTable, type TableOptions } from '#data/table.js'

const read = (text: string | string[], options: TableOptions = {}) => {
  const { columns, rows, data } = parseTable(text, { source: 'faithful.csv', ...options })
  return { columns, rows, data: [...data] }
}
const fault = (text: string, options?: TableOptions) => {
  try {
    read(text, options)
    return 'accepted'
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
}

describe('parseTable reads', () => {
  const four = { columns: ['a', 'b'], rows: 2, data: [1, 2.5, -3, 4e-5] }
  test.each([
    ['commas', 'a,b\n1,2.5\n-3,4e-5\n'],
    ['semicolons', 'a;b\n1;2.5\n-3;4e-5\n'],
    ['tabs', 'a\tb\n1\t2.5\n-3\t4e-5\n'],
    ['Windows line ends', 'a,b\r\n1,2.5\r\n-3,4e-5\r\n'],
    ['old Macintosh line ends', 'a,b\r1,2.5\r-3,4e-5\r'],
    ['mixed line ends', 'a,b\r\n1,2.5\n-3,4e-5'],
    ['no line end at the end', 'a,b\n1,2.5\n-3,4e-5'],
    ['blank lines at the end', 'a,b\n1,2.5\n-3,4e-5\n\n  \n\r\n'],
    ['a byte order mark', '\ufeffa,b\n1,2.5\n-3,4e-5\n'],
    ['a byte order mark before a quote', '\ufeff"a",b\n1,2.5\n-3,4e-5\n'],
    ['quotes', '"a","b"\n"1","2.5"\n"-3",4e-5\n'],
    ['spaces around cells', 'a , b\n 1, 2.5\n-3 ,"4e-5" \n'],
  ])('%s', (_, text) => {
    expect(read(text)).toEqual(four)
  })

  test('columns without names as x1, x2, …', () => {
    expect(read('1,2,3\n4,5,6\n')).toEqual({ columns: ['x1', 'x2', 'x3'], rows: 2, data: [1, 2, 3, 4, 5, 6] })
  })

  test('names with separators, quotes and line breaks in them', () => {
    expect(read('"a,b","say ""hi""","two\nlines"\n1,2,3\n4,5,6\n').columns).toEqual(['a,b', 'say "hi"', 'two\nlines'])
  })

  test('the columns asked for, in the order asked, whatever the others hold', () => {
    const text = 'name,b,a\nx,1,2\n,3,4\n'
    expect(read(text, { columns: ['a', 'b'] })).toEqual({ columns: ['a', 'b'], rows: 2, data: [2, 1, 4, 3] })
    expect(read(',a,b\n0,1,2\n1,3,4\n', { columns: ['a', 'b'] }).data).toEqual([1, 2, 3, 4])
    expect(read('1,2,3\n4,5,6\n', { columns: ['x3', 'x1'] }).data).toEqual([3, 1, 6, 4])
    const last = (header: readonly string[] | undefined, width: number) => header?.slice(-2) ?? ['x1', `x${width}`]
    expect(read('a, b ,c\n1,2,3\n4,5,6\n', { columns: last })).toMatchObject({
      columns: ['b', 'c'],
      data: [2, 3, 5, 6],
    })
    expect(read('1,2,3\n4,5,6\n', { columns: last })).toMatchObject({ columns: ['x1', 'x3'], data: [1, 3, 4, 6] })
  })

  test('a header of numbers, or a first row of names, where told so', () => {
    expect(read('2019,2020\n1,2\n3,4\n', { header: true }).columns).toEqual(['2019', '2020'])
    expect(read('place,2019,2020\nx,1,2\ny,3,4\n', { columns: ['2019', '2020'] }).data).toEqual([1, 2, 3, 4])
    expect(read('x,1,2\ny,3,4\n', { header: false, columns: ['x2', 'x3'] }).data).toEqual([1, 2, 3, 4])
  })

  test('a single row where one is enough', () => {
    expect(read('a,b\n1,2\n', { minimumRows: 1 }).rows).toBe(1)
    expect(read('a,b\n', { minimumRows: 0 }).rows).toBe(0)
  })

  test('semicolons with commas in names, and commas where semicolons are rarer', () => {
    expect(read('"a,1";"b,2"\n1;2\n3;4\n').columns).toEqual(['a,1', 'b,2'])
    expect(read('a;z,b\n1,2\n3,4\n').columns).toEqual(['a;z', 'b'])
  })
})

describe('parseTable names file, line, column and value', () => {
  test.each([
    ['a,b\n1,2\n3,abc\n', '3: column "b" has "abc", not a number. Correct the cell or remove the row.'],
    ['a,b\n1,2\n,4\n', '3: column "a" is empty. Fill it in or remove the row.'],
    ['a,b\n1,2\n3, \n', '3: column "b" is empty. Fill it in or remove the row.'],
    ['a,b\n1,2\n3,NA\n', '3: column "b" has "NA", a missing value. Fill it in or remove the row.'],
    ['a,b\n1,nan\n3,4\n', '2: column "b" has "nan", a missing value. Fill it in or remove the row.'],
    ['a,b\n1,2\n3,-inf\n', '3: column "b" has "-inf", which is not finite. Correct the cell or remove the row.'],
    [
      'a,b\n1,2\nInfinity,4\n',
      '3: column "a" has "Infinity", which is not finite. Correct the cell or remove the row.',
    ],
    ['a,b\n1,2\n3,1e999\n', '3: column "b" has "1e999", which is not finite. Correct the cell or remove the row.'],
    ['a,b\n1,2\n3,0x1F\n', '3: column "b" has "0x1F", not a number. Correct the cell or remove the row.'],
    ['a,b\n1,2\n3,1_000\n', '3: column "b" has "1_000", not a number. Correct the cell or remove the row.'],
    [
      'a,b\n1,2\n"1,000",2\n',
      '3: column "a" has "1,000", where the comma may stand before decimals or between thousands: say which with --decimal , or --decimal .',
    ],
    ['a,b\n1,2\n3\n', '3: 1 cell, expected 2: complete the row or remove it.'],
    ['a,b\n1,2\n3,4\n5,6,7\n', '4: 3 cells, expected 2: complete the row or remove it.'],
    ['a,b\n1,2\n\n3,4\n', '3: the line is blank, but rows follow it. Remove it.'],
    [
      'a,b,a\n1,2,3\n',
      '1: columns 1 and 3 are both named "a". Rename one, or give names of your own: --skip-rows 1 --header NAMES.',
    ],
    [',a,b\n1,2,3\n4,5,6\n', '1: column 1 has no name. Give it one, or choose others with --columns a,b.'],
    [
      'a:b\n1:2\n',
      '2: no column holds numbers (column "a:b" has "1:2"). Cells are separated by commas, semicolons, tabs, bars or blanks; --delimiter names another character.',
    ],
    ['a,b\nx,y\nz,w\n', '2: no column holds numbers (column "a" has "x").'],
    [
      'a,kind,b\n1,x,2\n3,y,4\n',
      '2: column "kind" has "x", not a number. Correct the cell, or leave the column out with --columns a,b.',
    ],
    [
      '1.2,3x\n1.3,4\n',
      '1: the first row mixes names and numbers ("3x", "1.2"). Say whether it names the columns with --header yes or --header no.',
    ],
    ['1.2,NA\n1.3,4\n', '1: column "x2" has "NA", a missing value. Fill it in or remove the row.'],
    ['a,b\n"1\n",2\n3,x\n', '4: column "b" has "x", not a number. Correct the cell or remove the row.'],
    ['a,b\n1,2\n3,"4\n5,6\n', '3: a quote (") is opened and never closed.'],
    [
      'a,b\n1,2\n3,4"\n',
      '3: a quote (") in the wrong place: a cell that holds one is quoted whole, and the quote doubled.',
    ],
    [
      'a,b\n1,2\n"3"x,4\n',
      '3: a quote (") in the wrong place: a cell that holds one is quoted whole, and the quote doubled.',
    ],
  ])('%j', (text, message) => {
    expect(fault(text)).toBe(`DataError: faithful.csv:${message}`)
  })

  test.each([
    ['', 'the table is empty.'],
    ['\n\n', 'the table is empty.'],
    ['a,b\n', 'no rows of numbers, where at least 2 are needed.'],
    ['a,b\n1,2\n', '1 row of numbers, where at least 2 are needed.'],
    [
      'P\0A\0R\0',
      'not text: a binary file of no known kind, or UTF-16 without a byte order mark. Save it as UTF-8 text.',
    ],
  ])('%j as a whole', (text, message) => {
    expect(fault(text)).toBe(`DataError: faithful.csv: ${message}`)
  })

  test('columns asked for that are not there, not numbers, asked for twice or alone', () => {
    const text = 'eruptions,waiting,kind\n1,2,x\n3,4,y\n'
    const asked = (...columns: string[]) => fault(text, { columns }).replace('DataError: faithful.csv:', '')
    const all = 'There are "eruptions", "waiting", "kind".'
    expect(asked('eruption', 'waiting')).toBe(`1: no column is named "eruption". Did you mean "eruptions"? ${all}`)
    expect(asked('WAITING', 'eruptions')).toBe(`1: no column is named "WAITING". Did you mean "waiting"? ${all}`)
    expect(asked('zzz', 'waiting')).toBe(`1: no column is named "zzz". ${all}`)
    expect(asked('kind', 'waiting')).toBe(
      '2: column "kind" has "x", not a number. Correct the cell, or leave the column out with --columns waiting.',
    )
    expect(asked('waiting', 'waiting')).toBe('1: column "waiting" is chosen twice.')
    expect(asked('waiting')).toBe('accepted')
  })

  test('the line is right beyond the first block, with quotes on the way', () => {
    const lines = Array.from({ length: 30_000 }, (_, i) => (i % 9000 === 5 ? `"${i}",1` : `${i},1`))
    lines[29_000] = 'oops,1'
    const text = `a,b\r\n${lines.join('\r\n')}`
    const pieces = text.match(/.{1,50000}/gs) ?? []
    expect(() => parseTable(pieces, { source: 'x' })).toThrow('x:29002: column "a" has "oops"')
  })

  test('a line without end is refused before it is held in memory', () => {
    const pieces = function* () {
      for (let i = 0; i < 1000; i++) yield '1,2,'.repeat(131_072)
      throw new Error('read to the end')
    }
    expect(() => parseTable(pieces(), { source: 'x' })).toThrow('x:1: the line is too long for a table of numbers.')
  })

  test('a quote left open is found before the rest of a large file is held in memory', () => {
    const pieces = function* () {
      yield 'a,b\n1,"2\n'
      for (let i = 0; i < 1000; i++) yield '1,2\n'.repeat(131_072)
      throw new Error('read to the end')
    }
    expect(() => parseTable(pieces(), { source: 'x' })).toThrow('x:2: a quote (") is opened and never closed.')
  })
})

describe('laws', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true })
  const table = fc
    .integer({ min: 2, max: 5 })
    .chain((width) =>
      fc.array(fc.array(number, { minLength: width, maxLength: width }), { minLength: 2, maxLength: 30 }),
    )

  test('numbers come back with the same bits, quoted or not, with any delimiter and line end', () => {
    const form = fc.record({
      delimiter: fc.constantFrom(',', ';', '\t'),
      end: fc.constantFrom('\n', '\r\n', '\r'),
      quoted: fc.boolean(),
    })
    fc.assert(
      fc.property(table, form, (rows, { delimiter, end, quoted }) => {
        const cell = (x: number) => (quoted ? `"${x}"` : `${x}`)
        const text = rows.map((row) => row.map(cell).join(delimiter)).join(end)
        expect(read(text).data).toEqual(rows.flat().map((x) => x + 0))
      }),
      { seed: 1 },
    )
  })

  test('the pieces the text comes in make no difference', () => {
    // Long enough that many blocks are cut: the delimiter is decided after 65 536 characters.
    // No quotes in the second half, so that both ways of splitting see cut line ends.
    const quoted = (i: number) => i < 6000 && i % 7 === 3
    const lines = Array.from({ length: 9000 }, (_, i) => (quoted(i) ? `"${i}",${i / 8}` : `${i},${i / 8}`))
    const text = `a,"b\r\n1"\r\n${lines.join('\r\n')}\r\n`
    const whole = read(text)
    expect(whole.columns).toEqual(['a', 'b\r\n1'])
    expect(whole.data.length).toBe(18_000)
    expect(whole.data.every((x, i) => x === (i & 1 ? (i >> 1) / 8 : i >> 1))).toBe(true)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1 }), (sizes) => {
        const pieces: string[] = []
        for (let at = 0, i = 0; at < text.length; i++) {
          const size = sizes[i % sizes.length]
          pieces.push(text.slice(at, at + size))
          at += size
        }
        expect(read(pieces).data.every((x, i) => x === whole.data[i])).toBe(true)
      }),
      { seed: 2, numRuns: 6 },
    )
  })
})

describe('where', () => {
  const text = 'set,x,y,name\n0,1,2,a\n1,3,4,b\n0.0,5,6,c\n,nan,8,b\n'
  const columns = ['x', 'y']

  test('reads the rows that hold a number in a column, however it is written', () => {
    const { data } = parseTable(text, { columns, where: { column: 'set', value: '0' } })
    expect([...data]).toEqual([1, 2, 5, 6])
  })

  test('reads the rows that hold a text, and checks no others', () => {
    const one = { columns, minimumRows: 1 }
    expect([...parseTable(text, { ...one, where: { column: 'name', value: 'c' } }).data]).toEqual([5, 6])
    expect(() => parseTable(text, { ...one, where: { column: 'name', value: 'b' } })).toThrow(/table:5: column "x"/)
  })

  test('names a column that is not there, and a value that no row has', () => {
    expect(() => parseTable(text, { columns, where: { column: 'sets', value: '0' } })).toThrow(
      'table:1: no column is named "sets". Did you mean "set"?',
    )
    expect(() => parseTable(text, { columns, where: { column: 'set', value: '7' } })).toThrow(
      'table: no rows of numbers with set=7, where at least 2 are needed.',
    )
  })
})
