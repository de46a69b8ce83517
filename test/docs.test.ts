import { execFileSync } from 'node:child_process'
import { access, copyFile, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createReader, type Reader, ROOT, snippetsOf } from './snippets.js'

const docs = (await readdir(join(ROOT, 'docs'))).filter((file) => file.endsWith('.md'))
const pages = new Map<string, string>()
for (const file of docs) pages.set(file, await readFile(join(ROOT, 'docs', file), 'utf8'))

/** What the snippets of a page print, in their order, where a page promises that. */
const PROMISED: Readonly<Record<string, RegExp[]>> = {
  'choosing.md': [
    /one normal after \d+ steps: [\d.]+ ± [\d.]+ nats by 5-fold cross-validation\n {2}likelier than[\s\S]*\nso (one normal|\d+ normals)\n$/,
    /^3 layers, base .*, ln p\(0, 0\) = -?[\d.]+\n$/,
  ],
  'conditioning-and-prediction.md': [
    /^given c = 0\.5: y = (0\.9|1\.0)\d ± 0\.2\d\n/,
    /^at x = 0\.9: y = 0\.[78]\d, 90 % in 0\.[567]\d … (0\.9|1\.0)\d\n[\s\S]*\nat y = 0\.81: x = -?0\.[01]\d, 90 % in -[\d.]+ … [\d.]+\n$/,
  ],
  'energies.md': [
    /^ln Z = 1\.(8[3-9]|9[0-2])\d* ± [\d.]+, known to be 1\.877\d*\na sample is worth 0\.\d+ of one/,
    /^ln Z is off by -?(0\.00\d+|\d(\.\d+)?e-\d+), a sample worth 0\.9[5-9]\d+\n$/,
  ],
  'runs.md': [/^200 0\n$/],
  'numbers.md': [
    /^float32 is off by [\d.e-]+ nats at most\n$/,
    /^-?[\d.]+ -Infinity -Infinity\nDataError Batch/,
    /^equal bytes; a longer sample begins with a shorter one\n$/,
  ],
  'engine.md': [/^Flow on 2 columns, 3 layers[\s\S]*\ntrue\n$/, /^true\n$/],
}

describe('the snippets of docs/', () => {
  let reader: Reader
  beforeAll(async () => {
    reader = await createReader()
    for (const example of ['scale-layer.mjs', 'ring-energy.mjs']) {
      await copyFile(join(ROOT, 'examples', example), join(reader.folder, example))
    }
  })
  afterAll(() => rm(reader.folder, { recursive: true }))

  const runnable = docs
    .map((file) => ({
      file,
      snippets: snippetsOf(pages.get(file) ?? '').filter(({ language }) => /^(js|sh)$/.test(language)),
    }))
    .filter(({ snippets }) => snippets.length > 0)

  test.each(runnable)('$file: one after the other, in a folder of their own', async ({ file, snippets }) => {
    const told: string[] = []
    for (const snippet of snippets) {
      const text = await reader.run(snippet)
      if (snippet.language === 'js') told.push(text)
    }
    for (const [i, promised] of (PROMISED[file] ?? []).entries()) expect(told[i]).toMatch(promised)
  })
})

describe('the pages of docs/', () => {
  test('are all named by docs/README.md', () => {
    const named = Array.from((pages.get('README.md') ?? '').matchAll(/\]\(([\w-]+\.md)\)/g), ([, file]) => file)
    expect(docs.filter((file) => file !== 'README.md' && !named.includes(file))).toEqual([])
  })

  const others = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'bench/README.md']
  test.each([...docs.map((file) => `docs/${file}`), ...others])('%s links to what is there', async (page) => {
    const prose = (await readFile(join(ROOT, page), 'utf8')).replace(/^```[\s\S]*?^```$/gm, '')
    for (const [, link] of prose.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)) await access(join(ROOT, dirname(page), link))
  })

  test('name files of the sources that are there', async () => {
    for (const text of pages.values()) {
      for (const [, path] of text.matchAll(/`((?:src|test|docs|examples)\/[\w/.-]+\.(?:ts|mjs|md|svg))`/g)) {
        await access(join(ROOT, path))
      }
    }
  })

  test('have a picture of the architecture that is that of the imports (else: node docs/draw-architecture.mjs > docs/architecture.svg)', async () => {
    const drawn = execFileSync(process.execPath, ['docs/draw-architecture.mjs'], { cwd: ROOT, encoding: 'utf8' })
    expect(await readFile(join(ROOT, 'docs/architecture.svg'), 'utf8')).toBe(drawn)
  })
})
