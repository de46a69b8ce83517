import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pushforward } from './run.js'

/** Whether a program can be run here. */
const has = (program: string) => spawnSync(program, ['--version']).status === 0

let folder: string
const script = (shell: string) => join(folder, `script.${shell}`)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-completion-'))
  await writeFile(join(folder, 'points.csv'), '')
  await writeFile(join(folder, 'my flow.json'), '')
  await mkdir(join(folder, 'runs'))
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout, stderr } = await pushforward(['completion', shell])
    expect([code, stderr]).toEqual([0, ''])
    await writeFile(script(shell), stdout)
  }
})
afterAll(() => rm(folder, { recursive: true }))

/** What bash offers for the last of these words, as its readline asks. */
function offeredByBash(...words: string[]): string[] {
  const ask = [
    `source ${script('bash')}`,
    'COMP_WORDS=("$@")',
    'COMP_CWORD=$(($# - 1))',
    '_pushforward',
    `for word in "\${COMPREPLY[@]}"; do echo "$word"; done`,
  ]
  const args = ['--noprofile', '--norc', '-c', ask.join('\n'), 'bash', 'pushforward', ...words]
  return execFileSync('bash', args, { cwd: folder, encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '')
}

describe.skipIf(!has('bash'))('bash completes', () => {
  test('is registered for the command', () => {
    const told = execFileSync('bash', ['-c', `source ${script('bash')}; complete -p pushforward`], { encoding: 'utf8' })
    expect(told).toBe('complete -F _pushforward pushforward\n')
  })

  const cases: [string[], string[]][] = [
    [['tr'], ['train']],
    [['s'], ['sample', 'score', 'show']],
    [['train', '--lay'], ['--layers']],
    [['train', '--dry'], ['--dry-run']],
    [
      ['train', '--flow', 'ns'],
      ['nsf', 'nsfAutoregressive'],
    ],
    [['train', '--flow', '=', 'maf'], ['maf']],
    [['train', '--flow', 'my'], ['my flow.json']],
    [
      ['train', '--activation', ''],
      ['tanh', 'relu', 'silu', 'gelu'],
    ],
    [
      ['train', '--set', 'optimizer.b'],
      ['optimizer.beta1=', 'optimizer.beta2='],
    ],
    [['train', '--steps', ''], []],
    [
      ['train', '--steps', '10', 'p'],
      ['pinwheel', 'points.csv'],
    ],
    [
      ['train', '--json', 'p'],
      ['pinwheel', 'points.csv'],
    ],
    [['train', 'points.csv', 'p'], []],
    [['data', 'm'], ['moons']],
    [['data', 'p'], ['pinwheel']],
    [['score', 'la'], ['latest']],
    [['score', '--threads', 'a'], ['auto']],
    [['score', 'latest', 'mo'], ['moons']],
    [['report', 'runs', 'ru'], ['runs']],
    [
      ['show', ''],
      ['latest', 'my flow.json', 'points.csv', 'runs'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['no-such-command', ''], []],
  ]
  test.each(cases)('%j', (words, expected) => {
    const offered = offeredByBash(...words).filter((word) => !word.startsWith('script.'))
    expect(offered.sort()).toEqual(expected.sort())
  })
})

describe.skipIf(!has('fish'))('fish completes', () => {
  const offered = (line: string) =>
    execFileSync('fish', ['--no-config', '-c', `source ${script('fish')}; complete -C '${line}'`], {
      cwd: folder,
      encoding: 'utf8',
    })
      .split('\n')
      .map((text) => text.split('\t')[0])
      .filter((text) => text !== '')

  test.each([
    ['pushforward tr', ['train']],
    ['pushforward train --flow ns', ['nsf', 'nsfAutoregressive']],
    ['pushforward train --lay', ['--layers']],
    ['pushforward data m', ['moons']],
  ])('%s', (line, expected) => {
    expect(offered(line)).toEqual(expected)
  })
})

test.skipIf(!has('zsh'))('the script for zsh is in its syntax', () => {
  expect(spawnSync('zsh', ['-n', script('zsh')], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
})

test('completion names the shells that it has scripts for', async () => {
  const { code, stderr } = await pushforward(['completion', 'fihs'])
  expect([code, stderr]).toEqual([2, 'pushforward: There is no script for fihs. Did you mean fish?\n'])
  expect((await pushforward(['completion', '--help'])).stdout).toContain('eval "$(pushforward completion zsh)"')
})
