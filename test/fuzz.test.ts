import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { caseOf } from './fuzz/case-of.js'
import { draws } from './fuzz/draws.js'
import { faultOf } from './fuzz/judge.js'

const MAIN = fileURLToPath(new URL('../dist/fuzz/main.js', import.meta.url))

test('ten thousand damaged files are each read, or refused in one line that names them', async () => {
  expect(existsSync(MAIN), 'npm run typecheck builds the fuzzer').toBe(true)
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, '--cases', '10500']).catch((failed) => failed)
  expect(stdout).toMatch(/^10[5-9]\d\d cases, 0 failures/m)
})

describe('the fuzzer', () => {
  const file = { name: 'file', bytes: Buffer.from('0123456789') }
  const cut = { seeds: [file, file], damages: [(bytes: Buffer) => bytes], harmless: [] }

  test('cuts every file off at every offset, where there are cases for it', () => {
    const cases = Array.from({ length: 60 }, (_, i) => caseOf(cut, i, 60, 3))
    const lengths = cases.filter(({ how }) => how === 'cut').map(({ bytes }) => bytes.length)
    expect(lengths).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('cuts at other offsets for another seed, where there are not', () => {
    const lengths = (seed: number) => Array.from({ length: 12 }, (_, i) => caseOf(cut, i + 2, 20, seed).bytes.length)
    expect(lengths(0)).not.toEqual(lengths(500))
  })

  test('draws the same for a case whichever came before, and otherwise for another', () => {
    const numbers = (...keys: number[]) =>
      Array.from(
        { length: 8 },
        (
          (draw) => () =>
            draw(1000)
        )(draws(...keys)),
      )
    expect(numbers(1, 2)).toEqual(numbers(1, 2))
    expect(numbers(1, 2)).not.toEqual(numbers(1, 3))
    expect(numbers(1, 2)).not.toEqual(numbers(2, 2))
  })

  const told = (message: string, name = 'DataError') => Object.assign(new Error(message), { name })

  test.each([
    ['a crash', new TypeError('x is not a function'), /crash/],
    ['null', null, /threw null/],
    ['a message without the place', told('no rows'), /names no place/],
    ['a second line', told('f: a\nb'), /control character/],
    ['an escape', told('f: \u001b[2J'), /control character/],
    ['undefined', told('f: undefined rows'), /undefined/],
    ['NaN', told('f: NaN rows'), /NaN/],
    ['a megabyte', told(`f: ${'x'.repeat(2e6)}`), /2000003 characters/],
  ])('takes %s for a failure', (_, error, fault) => {
    expect(faultOf(error, /^f/)).toMatch(fault)
  })

  test('takes a clear line for none, whatever of the file it quotes', () => {
    expect(faultOf(told('f:3: column "undefined" has "NaN", a missing value. Remove the row.'), /^f/)).toBeUndefined()
  })
})
