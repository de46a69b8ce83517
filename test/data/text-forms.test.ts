import { describe, expect, test } from 'vitest'
import { parseTable, type TableOptions } from '#data/table.js'

/** Columns and numbers, and the line that is said. */
function read(text: string, options: TableOptions = {}) {
  const notes: string[] = []
  const { columns, data } = parseTable(text, { source: 'a.csv', ...options, onNote: (note) => notes.push(note) })
  return { columns, data: [...data], note: notes.join('\n') }
}
const fault = (text: string, options?: TableOptions) => {
  try {
    return read(text, options)
  } catch (error) {
    return (error as Error).message
  }
}

describe('comments', () => {
  test('before the header are left out, and it is said', () => {
    expect(read('# notes\n#\n\n# "more, of them\na,b\n1,2\n3,4\n')).toEqual({
      columns: ['a', 'b'],
      data: [1, 2, 3, 4],
      note: 'a.csv: 3 comment lines left out.',
    })
  })

  test('name the columns as numpy.savetxt(header=…) writes them', () => {
    const data = [1, -2.5, 3, 4, 5, 6]
    const note = 'a.csv: 1 comment line left out, names from the comment in line 1'
    expect(read('# x y z\n1.0e+00 -2.5e+00 3e0\n4 5 6\n')).toEqual({
      columns: ['x', 'y', 'z'],
      data,
      note: `${note}, cells between blanks.`,
    })
    expect(read('#x,y,z\n1,-2.5,3\n4,5,6\n')).toEqual({ columns: ['x', 'y', 'z'], data, note: `${note}.` })
    expect(read('# of three\n1,-2.5,3\n4,5,6\n').columns).toEqual(['x1', 'x2', 'x3'])
    expect(read('# x y z\n1 2 3\n4 5 6\n', { header: false }).columns).toEqual(['x1', 'x2', 'x3'])
  })

  test('among the rows are left out where some stand before them or --comment says so, and told otherwise', () => {
    expect(read('# a\nx,y\n1,2\n# b, c\n3,4\n').data).toEqual([1, 2, 3, 4])
    expect(read('x,y\n1,2\n% b\n3,4\n', { comment: '%' }).data).toEqual([1, 2, 3, 4])
    expect(fault('x,y\n1,2\n# b\n3,4\n')).toBe(
      'a.csv:3: 1 cell, expected 2: complete the row or remove it. If it is a comment, --comment "#" leaves it out.',
    )
    expect(fault('x,y\n1,2\n%b\n3,4\n')).toBe('a.csv:3: 1 cell, expected 2: complete the row or remove it.')
  })

  test('keep the numbers of lines right', () => {
    expect(fault('# a\n# b\nx,y\n1,2\n# c\n3,z\n')).toContain('a.csv:6: column "y" has "z"')
    expect(fault('junk\nmore junk, of it\nx,y\n1,2\n3,z\n', { skipRows: 2 })).toContain('a.csv:5: column "y" has "z"')
  })
})

describe('separators', () => {
  test.each([
    ['bars', 'a|b\n1|2.5\n3|4\n', 'cells between bars'],
    ['blanks', 'a b\n1 2.5\n3 4\n', 'cells between blanks'],
    ['blanks of any number, at the ends too', '  a    b\n 1.0  2.5 \n3\t4\n', 'cells between blanks'],
    ['blanks around quotes', '"a" "b"\n1 "2.5"\n3 4\n', 'cells between blanks'],
  ])('%s', (_, text, note) => {
    expect(read(text)).toEqual({ columns: ['a', 'b'], data: [1, 2.5, 3, 4], note: `a.csv: ${note}.` })
  })

  test('are taken for blanks or bars only where every line has as many', () => {
    expect(fault('a b\n1 2\n3 4 5\n')).toContain('no column holds numbers')
    expect(read('a b,c\n1,2\n3,4\n').columns).toEqual(['a b', 'c'])
    expect(read('day of week,c|d\n1,2\n3,4\n').columns).toEqual(['day of week', 'c|d'])
  })

  test('are what --delimiter says', () => {
    expect(read('a:b\n1:2\n3:4\n', { delimiter: ':' })).toEqual({ columns: ['a', 'b'], data: [1, 2, 3, 4], note: '' })
    expect(read('a,b c\n1,2 3\n4,5 6\n', { delimiter: ' ', decimal: ',' }).data).toEqual([1.2, 3, 4.5, 6])
  })

  test('in a quoted name between blanks do not separate', () => {
    expect(read('"a b" "say ""hi"""\n1 2\n3 4\n').columns).toEqual(['a b', 'say "hi"'])
    expect(fault('a b\n1 2\n"3"4 5\n', { delimiter: ' ' })).toContain('a.csv:3: a quote (") in the wrong place')
  })
})

describe('numbers', () => {
  test.each([
    ['decimal commas beside semicolons', 'a;b\n3,5;4\n1;-,25e1\n', [3.5, 4, 1, -2.5], 'decimal commas'],
    ['decimal commas beside tabs', 'a\tb\n3,5\t4\n1\t2,25\n', [3.5, 4, 1, 2.25], 'decimal commas'],
    ['decimal commas beside blanks', 'a b\n3,5 4\n1 2,25\n', [3.5, 4, 1, 2.25], 'cells between blanks, decimal commas'],
    [
      'points between thousands beside decimal commas',
      'a;b\n1.234,5;4\n1.000;2,25\n',
      [1234.5, 4, 1000, 2.25],
      'decimal commas, separators between thousands',
    ],
    [
      'points between thousands alone',
      'a;b\n1.012.345;4\n1.234;2\n',
      [1012345, 4, 1234, 2],
      'separators between thousands',
    ],
    ['commas between thousands', 'a;b\n1,234.5;1,000\n1;2\n', [1234.5, 1000, 1, 2], 'separators between thousands'],
    ['blanks between thousands', 'a,b\n1 000,2\n3,4\u202f000\n', [1000, 2, 3, 4000], 'separators between thousands'],
    ['apostrophes between thousands', "a,b\n1'000'000,2\n3,4\n", [1e6, 2, 3, 4], 'separators between thousands'],
    ['U+2212', 'a,b\n−5,2\n3,1e−3\n', [-5, 2, 3, 0.001], 'U+2212 for minus'],
  ])('%s', (_, text, data, note) => {
    expect(read(text)).toEqual({ columns: ['a', 'b'], data, note: `a.csv: ${note}.` })
  })

  const either = 'has "1,234", where the comma may stand before decimals or between thousands'
  test.each([
    ['a;b\n1,234;5\n1;2\n', `a.csv:2: column "a" ${either}: say which with --decimal , or --decimal .`],
    ['a,b\n$100,2\n3,4\n', 'a.csv:2: column "a" has "$100", a number with "$". Write 100 in all of its cells.'],
    ['a,b\n1,2\n-€3.5,4\n', 'a.csv:3: column "a" has "-€3.5", a number with "€". Write -3.5 in all of its cells.'],
    ['a,b\n1,5 %\n3,4\n', 'a.csv:2: column "b" has "5 %", a number with "%". Write 5 in all of its cells.'],
  ])('%j is refused by name', (text, message) => {
    expect(fault(text)).toBe(message)
  })

  test('that may be one or another are what --decimal says', () => {
    expect(read('a;b\n1,234;5\n1;2\n', { decimal: ',' }).data).toEqual([1.234, 5, 1, 2])
    expect(read('a;b\n1,234;5\n1;2\n', { decimal: '.' }).data).toEqual([1234, 5, 1, 2])
    expect(read('a;b\n1.234;5\n1;2\n').data).toEqual([1.234, 5, 1, 2])
    expect(read('a;b\n1.234;5\n1;2\n', { decimal: ',' }).data).toEqual([1234, 5, 1, 2])
  })

  test('with a point where decimals follow commas are refused', () => {
    expect(fault('a;b\n3,5;4\n1.5;2\n')).toBe(
      'a.csv:2: column "a" has "3,5", not a number as the others are written: --decimal , or --decimal . says what stands before decimals.',
    )
  })
})

describe('the row below the header', () => {
  test('is told where it has units, with a way out that can be gone', () => {
    const text = '# a\ntime,"temp, mean"\ns,°C\n0,1.5\n1,2.5\n'
    expect(fault(text)).toBe(
      `a.csv:3: no numbers below the header, but in the row after it (column "time" has "s"): units? Leave it out with --skip-rows 3 --header 'time,"temp, mean"'.`,
    )
    expect(read(text, { skipRows: 3, header: ['time', 'temp, mean'] }).data).toEqual([0, 1.5, 1, 2.5])
  })

  test('is told with only those columns that hold numbers, quoted where they need it', () => {
    const text = 'result,table,_time,"a,b",value\n,0,2020-01-01,1,2\n,0,2020-01-02,3,4\n'
    expect(fault(text)).toBe(
      `a.csv:2: column "_time" has "2020-01-01", not a number. Correct the cell, or leave the column out with --columns 'table,"a,b",value'.`,
    )
  })
})

describe('names', () => {
  test('that come twice matter where they are chosen', () => {
    const text = 'a,b,b,c\n1,2,3,4\n5,6,7,8\n'
    expect(read(text, { columns: ['a', 'c'] }).data).toEqual([1, 4, 5, 8])
    const message =
      'a.csv:1: columns 2 and 3 are both named "b". Rename one, or give names of your own: --skip-rows 1 --header NAMES.'
    expect(fault(text, { columns: ['b', 'c'] })).toBe(message)
    expect(fault(text)).toBe(message)
    expect(read(text, { skipRows: 1, header: ['a', 'b', 'b2', 'c'] }).columns).toEqual(['a', 'b', 'b2', 'c'])
  })

  test('are as many as columns', () => {
    expect(fault('1,2\n3,4\n', { header: ['a'] })).toBe('a.csv:1: --header gives 1 name, but there are 2 columns.')
  })
})

test('missing cells are counted', () => {
  expect(fault('a,b\n1,2\n,3\n4,NA\n5,6\n')).toBe(
    'a.csv:3: column "a" is empty. Fill it in or remove the row. 2 of 4 rows have such a cell.',
  )
})

// Where each name is looked up among all of them, this takes a minute and more.
test('two rows of 100 000 columns are read', () => {
  const width = 100_000
  const names = Array.from({ length: width }, (_, j) => `c${j}`)
  const row = names.map((_, j) => j).join(',')
  const text = `${names.join(',')}\n${row}\n${row}\n`
  const { columns, data } = parseTable(text)
  expect([columns.length, data.length, data[2 * width - 1]]).toEqual([width, 2 * width, width - 1])
  expect([...parseTable(text, { columns: ['c99999', 'c3'] }).data]).toEqual([99999, 3, 99999, 3])
})
