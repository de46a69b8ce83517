import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeModel, loadModel } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors } from '#io/safetensors.js'
import { pushforward } from './run.js'

const RUN = fileURLToPath(new URL('../fixtures/released/v4/run', import.meta.url))

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pushforward-damaged-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A copy of the run in which a file holds something else. */
function changed(file: string, change: (object: Record<string, unknown>) => unknown): string {
  const path = join(folder, `${Math.abs(file.length)}-${folderCount++}`)
  cpSync(RUN, path, { recursive: true })
  writeFileSync(join(path, file), JSON.stringify(change(JSON.parse(readFileSync(join(RUN, file), 'utf8')))))
  return path
}
let folderCount = 0

describe('a run whose files are damaged', () => {
  test.each([
    [
      'run.json',
      'training.seconds',
      (run: object) => ({ ...run, training: { steps: 1, bestStep: 0, stopped: 'steps' } }),
    ],
    ['run.json', 'data', (run: object) => ({ ...run, data: undefined })],
    ['evaluation.json', 'nll.train.mean', (all: object) => ({ ...all, nll: { train: { mean: '1', rows: 2 } } })],
    ['evaluation.json', 'verdict', (all: object) => ({ ...all, verdict: ['fine'] })],
  ])('%s, at %s, is shown without it, with a warning, and has no report', async (file, path, change) => {
    const run = changed(file, change)
    const shown = await pushforward(['show', run])
    expect(shown.code).toBe(0)
    expect(shown.stdout).toMatch(/^Flow on \d/)
    const [warning, ...rest] = shown.stderr.trimEnd().split('\n')
    expect(warning).toContain(`${join(run, file)} is left out, as it is damaged: its ${path} cannot be used.`)
    expect(rest).toEqual([])
    const report = await pushforward(['report', run])
    expect(report).toMatchObject({ code: 2, stdout: '' })
    expect(report.stderr).toContain(`${join(run, file)} is damaged: its ${path} cannot be used.`)
  })

  test('a run of the first version has files that are not', async () => {
    const shown = await pushforward(['show', join(RUN, '../../v1/run')])
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toMatch(/^Run of 2026-/m)
  })
})

test('a config with lists within lists is refused at once, however deep', async () => {
  const config = join(folder, 'config.json')
  writeFileSync(config, `{"data":"jang","hidden":${'['.repeat(40)}${']'.repeat(40)}}`)
  const { code, stderr } = await pushforward(['train', '--config', config])
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/: "hidden" is \[{40}\]{40}; expected text or a number, or a list/),
  ])
})

test('names with control characters are escaped in show, and as they are in what sample writes to a pipe', async () => {
  const { tensors, metadata } = decodeSafetensors(encodeModel(await loadModel(join(RUN, '../../v1/run'))))
  const names = ['\u001b[2J', 'a\u009b31m']
  const path = join(folder, 'names.safetensors')
  writeFileSync(path, encodeSafetensors(tensors, { ...metadata, columns: JSON.stringify(names) }))
  const shown = await pushforward(['show', path])
  expect(shown.stdout).toContain('\\u001b[2J ')
  expect(shown.stdout).toContain('a\\u009b31m ')
  expect(shown.stdout).not.toMatch(/(?!\n)\p{Cc}/u)
  const drawn = await pushforward(['sample', path, '--rows', '1'])
  expect(drawn.stdout.split('\n')[0]).toBe(names.join(','))
})
