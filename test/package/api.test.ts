import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as library from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT, run } from './packed.js'

let folder: string
/** What the build of the pages said, where it failed. */
let said = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-api-'))
  const typedoc = join(ROOT, 'node_modules/typedoc/bin/typedoc')
  // Types are checked by `npm run typecheck`; `npm run docs` checks them again.
  await run(ROOT, process.execPath, typedoc, '--skipErrorChecking', '--out', folder).catch((error) => {
    said = error.stdout + error.stderr
  })
})
afterAll(() => rm(folder, { recursive: true }))

describe('the pages of the API', () => {
  test('are built without a warning: whatever is exported is documented, as is all that it refers to', () => {
    expect(said).toBe('')
  })

  test('have a page for every export', async () => {
    const pages = (await readdir(folder, { recursive: true })).map((path) => path.replaceAll('\\', '/'))
    const missing = Object.keys(library).filter(
      (name) => !pages.some((page) => page.endsWith(`/pushforward.${name}.html`)),
    )
    expect(missing.filter((name) => name !== 'energies')).toEqual([])
    expect(pages).toContain('modules/pushforward.energies.html')
  })

  test('are read offline: nothing in them is fetched from elsewhere', async () => {
    for (const page of ['index.html', 'functions/pushforward.fit.html', 'classes/pushforward.Flow.html']) {
      const html = await readFile(join(folder, page), 'utf8')
      const fetched = html.matchAll(/<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="([^"]+)"/g)
      expect(Array.from(fetched, ([, url]) => url).filter((url) => /^(\w+:)?\/\//.test(url))).toEqual([])
    }
  })
})
