import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './packed.js'

const read = (path: string) => readFile(join(ROOT, path), 'utf8')
const { engines, scripts, version } = JSON.parse(await read('package.json'))
const workflows = (await readdir(join(ROOT, '.github/workflows'))).map((file) => `.github/workflows/${file}`)

test('CI runs on the oldest Node that package.json allows, on 22 and on 24, under three systems', async () => {
  const ci = await read('.github/workflows/ci.yml')
  expect(ci).toContain(`node: ["${engines.node.replace('>=', '')}", 22, 24]`)
  expect(ci).toContain('os: [ubuntu-latest, macos-latest, windows-latest]')
})

test('every npm script that a workflow or a page names is there', async () => {
  const pages = (await readdir(join(ROOT, 'docs'))).filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)
  for (const path of [...workflows, 'README.md', 'CONTRIBUTING.md', 'bench/README.md', ...pages]) {
    const named = Array.from((await read(path)).matchAll(/\bnpm run (?:--silent )?([a-z:]+)/g), ([, name]) => name)
    expect(named.filter((name) => !(name in scripts)).map((name) => `${path}: ${name}`)).toEqual([])
  }
})

test('package.json, its lock and CHANGELOG.md name the same version', async () => {
  const lock = JSON.parse(await read('package-lock.json'))
  expect([lock.version, lock.packages[''].version]).toEqual([version, version])
  const [, newest] = /^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$/m.exec(await read('CHANGELOG.md')) ?? []
  expect(newest).toBe(version)
})

test('CHANGELOG.md has the form of Keep a Changelog: versions descending, changes of known kinds', async () => {
  const changelog = await read('CHANGELOG.md')
  const versions = Array.from(changelog.matchAll(/^## (.+)$/gm), ([, title]) => title)
  expect(versions[0]).toBe('[Unreleased]')
  expect(versions.slice(1).filter((title) => !/^\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$/.test(title))).toEqual([])
  expect(versions.slice(1)).toEqual(versions.slice(1).sort().reverse())
  const kinds = Array.from(changelog.matchAll(/^### (.+)$/gm), ([, kind]) => kind)
  expect(kinds.filter((kind) => !/^(Added|Changed|Deprecated|Removed|Fixed|Security)$/.test(kind))).toEqual([])
})
