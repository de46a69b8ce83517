import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { flow, tutorial } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkMemory, checkNode } from '#cli/doctor-checks.js'
import { operations } from '#flow/operations.js'
import { peakRate } from '#kernels/peak.js'
import { MAIN, pushforward } from './run.js'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-doctor-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A folder of its own. */
async function place(name: string): Promise<string> {
  const cwd = join(folder, name)
  await mkdir(cwd)
  return cwd
}

describe.concurrent('pushforward doctor', () => {
  test('finds nothing wrong where all is there, with a speed below the limit, and leaves nothing behind', async () => {
    const cwd = await place('fine')
    const { code, stdout, stderr } = await pushforward(['doctor', '--json'], { cwd })
    expect([code, stderr]).toEqual([0, ''])
    const { fine, checks, speed } = JSON.parse(stdout)
    expect(fine).toBe(true)
    expect(checks.map(({ name }: { name: string }) => name)).toEqual([
      ...[
        'Node',
        'WebAssembly SIMD',
        'worker threads',
        'shared memory',
        'cores',
        'memory',
        'runs/',
        'package',
        'kernels',
      ],
    ])
    expect(checks.every(({ fine, way }: { fine: boolean; way?: string }) => fine && way === undefined)).toBe(true)
    expect(speed.threads).toBeGreaterThan(0)
    for (const share of [speed.stepOfLimit, speed.scoreOfLimit]) {
      expect(share).toBeGreaterThan(0)
      expect(share).toBeLessThan(1)
    }
    expect(await readdir(cwd)).toEqual([])
  })

  test('says what is wrong and the way out, and exits with 1', async () => {
    const cwd = await place('wrong')
    await writeFile(join(cwd, 'runs'), 'no folder')
    const { code, stdout } = await pushforward(['doctor'], { cwd })
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /^WRONG {2}runs\/ +cannot be written: .*\n {7} +Go to a folder of your own.*--out FOLDER\.$/m,
    )
    expect(stdout.match(/^WRONG/gm)).toHaveLength(1)
    expect(stdout).toMatch(/^ {2}a training step of 1024 rows {2}[\d.]+ ms, \d+ % of the limit$/m)
  })

  test('finds an engine without WebAssembly, and measures the portable kernels', async () => {
    const child = spawn(process.execPath, ['--jitless', MAIN, 'doctor'], { cwd: await place('slow') })
    let text = ''
    child.stdout.on('data', (piece) => (text += piece))
    expect((await once(child, 'close'))[0]).toBe(1)
    expect(text).toMatch(/^WRONG {2}WebAssembly SIMD +none: .*\n.*without --jitless/m)
    expect(text).toMatch(/^ {2}rows scored a second +[\d.]+ million$/m)
  })
})

test('Node is supported from the version on that package.json names', () => {
  expect(checkNode('20.19.0', '>=20.19').way).toBeUndefined()
  expect(checkNode('22.1.0', '>=20.19').way).toBeUndefined()
  expect(checkNode('20.18.3', '>=20.19').way).toMatch(/^Install Node 20\.19 or later/)
  expect(checkNode('18.20.0', '>=20.19').way).toBeDefined()
})

test('the memory is that of control groups where they leave less than the machine has', () => {
  expect(checkMemory(16e9, 2 ** 63, 8e9).found).toBe("16.0 GB, 8.00 GB of the machine's free")
  expect(checkMemory(16e9, 2e9, 8e9).found).toBe("2.00 GB, by control groups, 2.00 GB of the machine's free")
  expect(checkMemory(16e9, 128e6, 8e9).way).toBe('Give it 256 MB or more.')
  expect(checkMemory(16e9, 0, 8e9).way).toBeUndefined()
})

test('a scored row takes an operation or more for each multiplication and addition of its nets, a step more than that', () => {
  // Nine nets of 1 → 4 → 2 have twelve weights each, of which every one is a product and a sum.
  const { scored, trained } = operations(flow(2, tutorial(2)).structure)
  expect(scored).toBeGreaterThan(2 * 9 * 12)
  expect(trained).toBeGreaterThan(scored + 2 * 9 * 12)
  expect(peakRate(50)).toBeGreaterThan(0.1)
})
