import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readTable } from '#data/read-table.js'

let folder = ''
const path = (name: string) => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-table-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Columns, rows and all numbers. */
async function read(...options: Parameters<typeof readTable>) {
  const { columns, points } = await readTable(...options)
  const [data = new Float64Array(0)] = points.blocks(points.rows)
  points.close()
  return { columns, rows: data.length / columns.length, data }
}

const NOT_UTF_8 = 'not UTF-8 text. Save it as UTF-8; in Excel that is "CSV UTF-8", in a shell iconv -f latin1 -t utf-8'

describe('readTable', () => {
  test('reads a file of several pieces, characters cut between them included', async () => {
    const rows = Array.from({ length: 70_000 }, (_, i) => [i / 7, 1 - i])
    const lines = rows.map((row) => `${row.join(',')},${'漢字'.repeat(8)}`)
    await writeFile(path('big.csv'), `größe,"π",text\n${lines.join('\n')}\n`)
    const { columns, rows: count, data } = await read(path('big.csv'), { columns: ['größe', 'π'] })
    expect(columns).toEqual(['größe', 'π'])
    expect(count).toBe(70_000)
    expect(data.every((x, i) => x === rows[i >> 1][i & 1])).toBe(true)
  })

  test('reads a file whose lines grow shorter or longer', async () => {
    const long = `1.${'0'.repeat(200)},2\n`
    for (const [name, first, count, last, more] of [
      ['shorter.csv', long, 1000, '3,4\n', 100_000],
      ['longer.csv', '3,4\n', 20_000, long, 20_000],
    ] as const) {
      await writeFile(path(name), `a,b\n${first.repeat(count)}${last.repeat(more)}`)
      const { rows, data } = await read(path(name))
      expect([rows, data.length]).toEqual([count + more, 2 * (count + more)])
      const rowOf = (line: string) => line.trim().split(',').map(Number)
      expect([...data.subarray(0, 2), ...data.subarray(-2)]).toEqual([...rowOf(first), ...rowOf(last)])
      expect(data[2 * count - 2] + data[2 * count]).toBe(1 + 3)
    }
  })

  test('passes its options on and calls the table by its path', async () => {
    await writeFile(path('a.csv'), 'a,b,c\n1,2,3\n4,5,x\n')
    expect((await read(path('a.csv'), { columns: ['b', 'a'] })).data).toEqual(Float64Array.of(2, 1, 5, 4))
    await expect(readTable(path('a.csv'))).rejects.toThrow(
      `${path('a.csv')}:3: column "c" has "x", not a number. Correct the cell or remove the row.`,
    )
  })

  test.each([
    ['missing.csv', 'no such file'],
    ['', 'a directory, not a table'],
    ['latin1.csv', NOT_UTF_8],
    ['cut.csv', NOT_UTF_8],
  ])('%j is refused: %s', async (name, reason) => {
    await writeFile(path('latin1.csv'), Buffer.from('gr\xf6\xdfe,b\n1,2\n', 'latin1'))
    await writeFile(path('cut.csv'), Buffer.from('a,b\n1,2\n3,4\n\xc3', 'latin1'))
    const error = await readTable(path(name)).catch((reason: Error) => reason)
    expect(error).toMatchObject({ name: 'DataError', message: `${path(name)}: ${reason}.` })
  })

  test('reads rows of one kind from a file of more numbers than are held in memory', async () => {
    const lines = Array.from({ length: 1_200_000 }, (_, i) => `${i / 4},no number,${i % 3 ? 'x' : 'y'},${-i}`)
    await writeFile(path('kinds.csv'), `a,b,kind,c\n${lines.join('\n')}\n`)
    const options = { columns: ['c', 'a'], where: { column: 'kind', value: 'x' } }
    const { rows, data } = await read(path('kinds.csv'), options)
    expect(rows).toBe(800_000)
    const wrong = data.findIndex((x, at) => {
      const i = Math.floor(at / 4) * 3 + 1 + (Math.floor(at / 2) % 2)
      return x !== (at % 2 ? i / 4 : -i)
    })
    expect(wrong).toBe(-1)
  })

  test('a bad last row of many is refused', async () => {
    await writeFile(path('late.csv'), `a,b\n${'1,2\n'.repeat(50_000)}3,?\n`)
    await expect(readTable(path('late.csv'))).rejects.toThrow(`${path('late.csv')}:50002: column "b" has "?"`)
  })

  // The superuser may read everything.
  test.skipIf(process.getuid?.() === 0)('a file without permission is refused', async () => {
    await writeFile(path('secret.csv'), 'a,b\n1,2\n3,4\n')
    await chmod(path('secret.csv'), 0)
    await expect(readTable(path('secret.csv'))).rejects.toThrow('secret.csv: no permission to read it.')
  })
})
