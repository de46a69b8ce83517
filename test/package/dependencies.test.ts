import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from './packed.js'

const read = (path: string) => readFile(join(ROOT, path), 'utf8')
const { dependencies, devDependencies } = JSON.parse(await read('package.json'))
const page = await read('docs/dependencies.md')

describe('docs/dependencies.md', () => {
  test('has a row for each dependency and each development dependency, in their order, and for nothing else', () => {
    const tables = page.split('And what development takes').map((half) => half.matchAll(/^\| `([^`]+)` \|/gm))
    const [shipped, development] = tables.map((rows) => Array.from(rows, ([, name]) => name))
    expect(shipped).toEqual(Object.keys(dependencies))
    expect(development).toEqual(Object.keys(devDependencies))
  })

  test('is right that no dependency has an install script, and that all licences are permissive', async () => {
    const { packages } = JSON.parse(await read('package-lock.json'))
    const shipped = Object.entries<{ dev?: boolean; optional?: boolean; hasInstallScript?: boolean; license?: string }>(
      packages,
    ).filter(([path, { dev }]) => path !== '' && !dev)
    expect(shipped.length).toBeGreaterThan(Object.keys(dependencies).length)
    expect(shipped.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([])
    const permissive = /^\(?(MIT|ISC|BSD-[23]-Clause|Apache-2\.0|0BSD|Unlicense)\b/
    expect(shipped.filter(([, { license }]) => !permissive.test(license ?? '')).map(([path]) => path)).toEqual([])
  })
})
