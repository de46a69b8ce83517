import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StoredRows } from '#data/stored-rows.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-stored-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const MEBI = 2 ** 20

/** Rows of three columns: 7, 7.5, 8, 8.5, … */
function stored(rows: number, where = folder): StoredRows {
  const points = new StoredRows(where)
  points.begin(3)
  for (let i = 0; i < 3 * rows; i++) points.push(7 + i / 2)
  return points
}

/** The first number that is not as it should be, and how many there are. */
function check(
  points: StoredRows,
  blockRows: number,
): { wrong: number | undefined; count: number; lengths: Set<number> } {
  let count = 0
  let wrong: number | undefined
  const lengths: number[] = []
  for (const block of points.blocks(blockRows)) {
    for (const value of block) if (value !== 7 + count++ / 2) wrong ??= count - 1
    lengths.push(block.length / 3)
  }
  return { wrong, count, lengths: new Set(lengths.slice(0, -1)) }
}

describe('StoredRows', () => {
  test.each([
    [0, 5],
    [1, 5],
    [1000, 1],
    [1000, 7],
    // Three parts in memory and half of one, of 131072 numbers each.
    [150_000, 4096],
    // Eight parts in memory, two in the file and some of the next.
    [450_000, 65_536],
    [450_000, 1_000_000],
    [450_000, 999],
  ])('gives %i rows back in blocks of %i, again and again', (rows, blockRows) => {
    const points = stored(rows)
    expect([points.rows, points.columns]).toEqual([rows, 3])
    const wanted = { wrong: undefined, count: 3 * rows, lengths: new Set(rows > blockRows ? [blockRows] : []) }
    for (let pass = 0; pass < 2; pass++) expect(check(points, blockRows)).toEqual(wanted)
    points.close()
  })

  test('two passes under way do not disturb each other', () => {
    const points = stored(450_000)
    const [slow, fast] = [points.blocks(100_000)[Symbol.iterator](), points.blocks(50_000)[Symbol.iterator]()]
    for (let at = 0; at < 4; at++) {
      const { value } = slow.next()
      fast.next()
      fast.next()
      expect([value[0], value[299_999]]).toEqual([7 + 150_000 * at, 7 + (300_000 * at + 299_999) / 2])
    }
    points.close()
  })

  test('what exceeds 2 MiB is not held in memory, and its file has no name', async () => {
    const before = process.memoryUsage().arrayBuffers
    const points = stored(4_000_000)
    expect(points.rows).toBe(4_000_000)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30 * MEBI)
    expect(await readdir(folder)).toEqual([])
    points.close()
  })

  test('where no file can be had, all stay in memory', () => {
    const points = stored(450_000, join(folder, 'missing'))
    expect(check(points, 65_536)).toEqual({ wrong: undefined, count: 1_350_000, lengths: new Set([65_536]) })
  })

  // A file may hold 2 MiB or, where a shell counts otherwise, 4: a disk that fills up.
  test.skipIf(process.platform === 'win32')(
    'where the file has no room for more, it gives back what it has, and all stay in memory',
    () => {
      const program = `
      import { readdirSync, readlinkSync } from 'node:fs'
      const link = (path) => { try { return readlinkSync(path) } catch { return '' } }
      import { StoredRows } from ${JSON.stringify(import.meta.resolve('#data/stored-rows.js'))}
      const points = new StoredRows()
      points.begin(1)
      for (let i = 0; i < 2_500_000; i++) points.push(i)
      let next = 0
      for (const block of points.blocks(100_000)) for (const value of block) if (value !== next++) process.exit(1)
      const open = process.platform === 'linux' ? readdirSync('/proc/self/fd').map((fd) => link('/proc/self/fd/' + fd)) : []
      console.log(next, open.filter((path) => path.includes('pushforward')))`
      const command = ['ulimit -f 4096 && exec "$0" --input-type=module -e "$1"', process.execPath, program]
      expect(spawnSync('sh', ['-c', ...command], { encoding: 'utf8' })).toMatchObject({
        status: 0,
        stdout: '2500000 []\n',
      })
    },
  )
})
