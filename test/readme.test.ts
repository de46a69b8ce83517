import { execFile } from 'node:child_process'
import { access, chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAIN } from './cli/run.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)
const readme = await readFile(join(root, 'README.md'), 'utf8')

/** The fenced blocks of a language, in order. */
const blocks = (language: string) =>
  [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter((match) => match[1] === language).map((match) => match[2])

/**
 * Stand-ins for what a reader has: `pushforward` on the path, and an `npm` that installs nothing. Of the default run
 * some steps must do, for its length is shown elsewhere.
 */
const NPM = `#!/bin/sh
test "$1" = install && exit
test "$*" = "run train" && exec pushforward train --steps 500
echo "the README has npm $*" >&2
exit 1
`

let folder: string
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-readme-'))
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await mkdir(join(folder, 'node_modules'))
  await symlink(root, join(folder, 'node_modules', 'pushforward'))
  const scripts = { npm: NPM, pushforward: `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n` }
  for (const [name, text] of Object.entries(scripts)) {
    await writeFile(join(bin, name), text)
    await chmod(join(bin, name), 0o755)
  }
  env = { ...process.env, PATH: `${bin}:${process.env.PATH}` }
})
afterAll(() => rm(folder, { recursive: true }))

describe('README.md', () => {
  test('its shell snippets run, one after the other, in an empty folder', async () => {
    const snippets = blocks('sh')
    expect(snippets.length).toBeGreaterThanOrEqual(3)
    let stdout = ''
    for (const snippet of snippets) {
      stdout += (await run('bash', ['-euo', 'pipefail', '-c', snippet], { cwd: folder, env })).stdout
    }
    expect(stdout).toMatch(/Flow on 2 columns/)
    for (const file of ['samples.csv', 'scored.csv', 'runs/points/plots/density.svg', 'runs/again/model.safetensors']) {
      await access(join(folder, file))
    }
    expect(await readFile(join(folder, 'scored.csv'), 'utf8')).toMatch(/^x1,x2,log_prob\n/)
  })

  test('its JavaScript runs as a module of its own', async () => {
    const snippets = blocks('js')
    expect(snippets.length).toBeGreaterThanOrEqual(2)
    let all = ''
    for (const snippet of snippets) {
      await writeFile(join(folder, 'snippet.mjs'), snippet)
      const { stdout } = await run(process.execPath, ['snippet.mjs'], { cwd: folder, env })
      expect(stdout).not.toBe('')
      all += stdout
    }
    expect(all).toMatch(/best of \d+ steps: -?[\d.]+ nats/)
    expect(all).toMatch(/90000 rows trained on; row 7 is (not )?held out/)
    await access(join(folder, 'crescent.safetensors'))
  })

  test('the JavaScript of docs/choosing.md runs, and tells figures of five folds', async () => {
    const guide = await readFile(join(root, 'docs/choosing.md'), 'utf8')
    const [folds, pieces] = [...guide.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match) => match[1])
    const told: string[] = []
    for (const snippet of [folds, pieces]) {
      await writeFile(join(folder, 'choosing.mjs'), snippet)
      told.push((await run(process.execPath, ['choosing.mjs'], { cwd: folder, env })).stdout)
    }
    expect(told[0]).toMatch(
      /one normal after \d+ steps: [\d.]+ ± [\d.]+ nats by 5-fold cross-validation\n {2}likelier than/,
    )
    expect(told[0]).toMatch(/\nso (one normal|\d+ normals)\n$/)
    expect(told[1]).toMatch(/^3 layers on .*, ln p\(0, 0\) = -?[\d.]+\n$/)
  })

  test('every command it names has a help, and every file it links to is there', async () => {
    const commands = [...readme.matchAll(/^\| `(\w+) /gm)].map((match) => match[1])
    expect(commands).toEqual(['train', 'sample', 'score', 'predict', 'show', 'report', 'data'])
    for (const command of commands) {
      expect((await run('pushforward', [command, '--help'], { env })).stdout).toContain('Examples')
    }
    const links = [...readme.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map((match) => match[1])
    expect(links).toContain('examples/crescent.svg')
    for (const link of links) await access(join(root, link))
  })
})
