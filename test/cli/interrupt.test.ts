import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadFlow, moons } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAIN, pushforward } from './run.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-interrupt-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s during training', (signal) => {
  test('ends it with exit code 130 and the best so far saved and evaluated', async () => {
    const out = join(folder, signal)
    const args = ['train', '--steps', '1000000', '--patience', 'off', '--out', out]
    const { code, stdout, stderr } = await pushforward(args, {
      onStart: (child) => child.stderr?.once('data', () => setTimeout(() => child.kill(signal), 1500)),
    })
    expect([code, stdout]).toEqual([130, ''])
    expect(stderr).toMatch(
      /Stopping after this step[\s\S]*steps? in .*: interrupted, best at step \d+\.[\s\S]*Saved in/,
    )
    expect(stderr).toContain(`\nTo go on with it: pushforward train --resume ${out}\n`)
    expect(await readdir(out)).toContain('evaluation.json')
    expect(JSON.parse(await readFile(join(out, 'run.json'), 'utf8')).status).toBe('interrupted')
    const { losses, nll } = JSON.parse(await readFile(join(out, 'evaluation.json'), 'utf8'))
    expect(losses.stopped).toBe('aborted')
    const model = await loadFlow(out)
    expect(nll.train.mean - model.scaler.sd.reduce((sum, sd) => sum + Math.log(sd), 0)).toBeCloseTo(losses.best, 4)
  })
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s while data are read leaves with 130 and no folder',
  async (signal) => {
    const child = spawn(process.execPath, [MAIN, 'train', '-', '--out', join(folder, 'unread')])
    // More than a pipe holds: once it is through, the command is reading.
    await new Promise((resolve) => child.stdin.write(`x,y\n${'1.5,2.5\n'.repeat(100_000)}`, resolve))
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([130, null])
    expect(await readdir(folder)).not.toContain('unread')
  },
)

describe('while it is chosen what to train', () => {
  test.each([
    ['SIGINT', 'rows held out', 3000, '--budget 100s'],
    ['SIGTERM', 'folds', 500, '--budget 100s'],
    ['SIGINT', 'starts', 500, '--flow nsf --starts 4 --steps 100000'],
  ] as const)(
    '%s ends the command with 130 and one line, and leaves no folder: by %s',
    async (signal, _, count, how) => {
      const { data } = moons(count, { seed: 1 })
      const rows = Array.from({ length: count }, (_, i) => `${data[2 * i]},${data[2 * i + 1]}\n`)
      const args = ['train', '-', ...how.split(' '), '--out', join(folder, 'unchosen')]
      const { code, stdout, stderr } = await pushforward(args, {
        input: `x,y\n${rows.join('')}`,
        // The first that is said is what is going to be tried.
        onStart: (child) => child.stderr?.once('data', () => setTimeout(() => child.kill(signal), 500)),
      })
      expect([code, stdout]).toEqual([130, ''])
      expect(stderr).toMatch(
        /^Columns of standard input, .*\n( .*\n)*(Choosing a flow by|Trying 4 starts).*\n(trying .*\n)*Interrupted while choosing: nothing is trained yet, and nothing is saved\.\n$/,
      )
      expect(await readdir(folder)).not.toContain('unchosen')
    },
  )
})

describe('catchInterrupts', () => {
  const program = `
    const { catchInterrupts } = await import(${JSON.stringify(new URL('../../dist/cli/interrupt.js', import.meta.url).href)})
    const { signal } = catchInterrupts()
    setInterval(() => {}, 1000)
    signal.addEventListener('abort', () => console.log('aborted'))
    console.log('ready')`

  test('a second signal ends the process at once, but not one so close that npm has passed the first on', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program])
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    expect(String(await once(child.stdout, 'data'))).toBe('aborted\n')
    child.kill('SIGINT')
    await sleep(500)
    expect(child.exitCode).toBeNull()
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([130, null])
  })
})

test('a loss that is not finite exits with 1, names the step, and saves what was reached', async () => {
  const out = join(folder, 'diverged')
  const { code, stderr } = await pushforward(['train', '--lr', '1e30', '--out', out])
  expect(code).toBe(1)
  expect(stderr).toMatch(/\npushforward: The loss at step 1 is [^\n]*saved as [^\n]*diverged[^\n]*\n$/)
  expect((await loadFlow(out)).scaled).toBe(true)
})

test('a model whose training diverged, as with --lr 100, says so to whoever uses it, and one that did not is silent', async () => {
  const train = ['train', '--rows', '64', '--steps', '50', '--plots', 'off', '--out']
  expect((await pushforward([...train, join(folder, 'wild'), '--lr', '100'])).code).toBe(1)
  expect((await pushforward([...train, join(folder, 'tame')])).code).toBe(0)
  for (const command of [['sample'], ['show'], ['show', '--json'], ['score', 'jang']]) {
    const [name, ...rest] = command
    const [wild, tame] = await Promise.all(
      ['wild', 'tame'].map((model) => pushforward([name, join(folder, model), ...rest])),
    )
    expect([wild.code, wild.stderr]).toEqual([
      0,
      expect.stringMatching(
        /^Warning: The training of this model diverged; [^\n]*\n(There is no column quantile: [^\n]*\n)?$/,
      ),
    ])
    expect([tame.code, tame.stderr]).toEqual([0, expect.not.stringMatching(/diverged/)])
  }
  const [wild, tame] = await Promise.all(['wild', 'tame'].map((run) => pushforward(['report', join(folder, run)])))
  expect(wild.stderr).toMatch(/^Warning: The training of this model diverged; [^\n]*\nReport: [^\n]*\n$/)
  expect(tame.stderr).toMatch(/^Report: [^\n]*\n$/)
  expect(await readFile(join(folder, 'wild', 'report.html'), 'utf8')).toContain('The training of this model diverged; ')
})
