import { readFile, rm } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Packed, packInto, ROOT } from './packed.js'

const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
let packed: Packed
let tarball: Uint8Array<ArrayBuffer>

beforeAll(async () => {
  packed = await packInto()
  tarball = new Uint8Array(await readFile(join(packed.folder, packed.file)))
})
afterAll(() => rm(packed.folder, { recursive: true }))

/** Relative places that a page of Markdown links to or shows, from where the page lies. */
function linksOf(page: string, text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '')
  const targets = Array.from(prose.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g), ([, target]) => target)
  return targets.map((target) => posix.join(posix.dirname(page), target))
}

describe('the packed package', () => {
  test('holds the built library, its pages, its examples, and nothing else', () => {
    const known = [
      /^dist\/(?!bench\/)[\w./-]+\.(js|d\.ts)$/,
      /^docs\/[\w-]+\.(md|svg)$/,
      /^examples\/[\w-]+\.(mjs|svg|csv)$/,
      /^examples\/python\/(pushforward_numpy\.py|README\.md)$/,
      /^(README|CHANGELOG|CONTRIBUTING|SECURITY|bench\/README)\.md$/,
      /^(LICENSE|package\.json)$/,
    ]
    expect(packed.paths.filter((path) => !known.some((kind) => kind.test(path)))).toEqual([])
    for (const path of [
      'dist/index.js',
      'dist/index.d.ts',
      'dist/cli/main.js',
      'docs/layers.md',
      'examples/pump.csv',
    ]) {
      expect(packed.paths).toContain(path)
    }
  })

  test('takes less than 1.1 MB packed and 3.5 MB unpacked, as its README says', () => {
    expect(readme).toContain('less than 1.1 MB packed and 3.5 MB unpacked')
    expect(packed.size).toBeLessThan(1_100_000)
    expect(packed.unpackedSize).toBeLessThan(3_500_000)
  })

  test('has everything that its pages link to', async () => {
    expect(linksOf('README.md', readme)).toContain('examples/crescent.svg')
    const there = (link: string) => packed.paths.some((path) => path === link || path.startsWith(posix.join(link, '/')))
    for (const page of packed.paths.filter((path) => path.endsWith('.md'))) {
      const links = linksOf(page, await readFile(join(ROOT, page), 'utf8'))
      expect(
        links.filter((link) => !there(link)),
        page,
      ).toEqual([])
    }
  })

  test('is without fault for publint, suggestions included', async () => {
    const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg ?? {}, { color: false }))).toEqual([])
  })

  test('has types that are right for every kind of import; it is an ES module, and older resolutions know no exports', async () => {
    const result = await checkPackage(createPackageFromTarballData(tarball))
    if (!result.types) throw new Error('The package has no types.')
    expect(Object.keys(result.entrypoints)).toEqual(['.', './layers', './report', './package.json'])
    const expected = (problem: (typeof result.problems)[number]) =>
      problem.kind === 'CJSResolvesToESM' || ('resolutionKind' in problem && problem.resolutionKind === 'node10')
    expect(result.problems.filter((problem) => !expected(problem))).toEqual([])
  })
})
