import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { standardNormals } from '../fixtures/normals.js'
import { MAIN } from './run.js'

/** util-linux has a `script` that gives a command a terminal, whose screen is what comes out of it. */
const can = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0

const STEP = /step \d+\/\d+/
const BLOCKS = /[▁▂▃▄▅▆▇█]/

/** What a terminal of so many columns shows of what was written to it: all that the progress line and shells use. */
function screen(written: string, columns: number): string[] {
  const rows: string[][] = [[]]
  let [row, column, saved] = [0, 0, [0, 0]]
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is spoken to by them.
  for (const [token, n, verb] of written.matchAll(/\x1b\[(\d*)([A-Za-z])|\x1b[78]|[\s\S]/gu)) {
    if (token === '\x1b7') saved = [row, column]
    else if (token === '\x1b8') [row, column] = saved
    else if (verb === 'G') column = Number(n || 1) - 1
    else if (verb === 'K') rows[row] = n === '2' ? [] : rows[row].slice(0, column)
    else if (verb !== undefined) continue
    else if (token === '\r') column = 0
    else if (token === '\n') row++
    else {
      if (column === columns) [row, column] = [row + 1, 0]
      rows[row] ??= []
      rows[row][column++] = token
    }
    rows[row] ??= []
  }
  return rows.map((cells) =>
    Array.from(cells, (cell) => cell ?? ' ')
      .join('')
      .trimEnd(),
  )
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-terminal-'))
  await writeFile(join(folder, 'points.csv'), `x,y\n${standardNormals(400, 2).join('\n')}\n`)
})
afterAll(() => rm(folder, { recursive: true }))

/** Trains on a terminal until the progress shows, then types Ctrl-C, and gives what was there and what is left. */
async function interrupted(columns: number): Promise<{ progress: string; evaluating: boolean; left: string[] }> {
  const train = `train points.csv --flow nsf --layers 1 --hidden 4 --batch 32 --steps 2000000 --patience off --threads 1 --plots off --out run-${columns}`
  const command = `stty cols ${columns}; exec "${process.execPath}" "${MAIN}" ${train}`
  const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder, env: { ...process.env, TERM: 'xterm' } })
  let [text, typed, progress] = ['', false, '']
  child.stdout.setEncoding('utf8').on('data', (piece) => {
    text += piece
    if (typed) return
    progress = screen(text, columns).findLast((line) => STEP.test(line)) ?? ''
    // Of some readings there is a line of blocks, where it has room.
    if (columns < 60 ? (text.match(/step \d/g) ?? []).length < 4 : !BLOCKS.test(progress)) return
    typed = true
    child.stdin.write('\x03')
  })
  await once(child, 'close')
  return { progress, evaluating: /evaluating the mod/.test(text), left: screen(text, columns) }
}

describe.skipIf(!can).concurrent('on a terminal', () => {
  test.each([24, 60, 100, 200])(
    'of %i columns progress stays in its line, and Ctrl-C leaves none of it',
    async (columns) => {
      const { progress, evaluating, left } = await interrupted(columns)
      expect(progress.length).toBeLessThanOrEqual(columns - 3)
      expect(BLOCKS.test(progress)).toBe(columns >= 60)
      expect(evaluating).toBe(true)
      const text = left.join('\n')
      // Long sentences wrap, between words and, where the terminal does it, within them.
      const letters = text.replaceAll(/\s/g, '')
      expect(letters).toContain('Stoppingafterthisstepandsavingthebest;oncemoreendsatonce.')
      expect(letters).toMatch(/\d+stepsin[\d.]+son1thread\(simd\):interrupted/)
      expect(text).toMatch(/^Saved in run-\d+\.$/m)
      expect(left.filter((line) => STEP.test(line) || BLOCKS.test(line) || /\^C|evaluating/.test(line))).toEqual([])
      // A row of the table is a line, cut where it would wrap.
      const table = left.slice(left.findIndex((line) => line.startsWith('  column')))
      expect(table.slice(1, 3).map((line) => line.slice(0, 5))).toEqual(['  x  ', '  y  '])
      expect(left.every((line) => line.length <= columns)).toBe(true)
    },
  )
})
