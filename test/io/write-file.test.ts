import { mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Disk, removeParts, writeFileWhole } from '#io/write-file.js'

const OLD = 'what was there before'
const NEW = new Uint8Array(100_000).map((_, i) => i * 7)

let folder: string
let path: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-faults-'))
  path = join(folder, 'file')
})
afterAll(() => rm(folder, { recursive: true }))

/** When the n-th operation fails: before it is done, when it is half done, or when all of it is done. */
const MOMENTS = ['before', 'halfway through', 'after'] as const
interface Fault {
  readonly operation: number
  readonly moment: (typeof MOMENTS)[number]
  /** Whether nothing works from there on, as where the process or the machine is gone. */
  readonly dead: boolean
}

/** The system's disk with a fault, and how many operations were asked of it. */
function faulty(fault: Fault | undefined) {
  const asked: string[] = []
  async function through<Result>(
    name: string,
    work: () => Promise<Result>,
    half: () => Promise<unknown> = async () => {},
  ): Promise<Result> {
    const n = asked.push(name) - 1
    if (!fault || n < fault.operation) return work()
    if (n > fault.operation) {
      if (!fault.dead) return work()
    } else if (fault.moment === 'halfway through') await half()
    else if (fault.moment === 'after') await work()
    throw Object.assign(new Error(`fault in ${name}`), { code: 'EIO' })
  }
  const disk: Disk = {
    async open(...args: Parameters<typeof open>) {
      const file = await through('open', () => open(...args))
      return new Proxy(file, {
        get(target, name) {
          const work = async (...rest: unknown[]): Promise<unknown> =>
            Reflect.apply(Reflect.get(target, name), target, rest)
          if (name === 'writeFile') {
            return (content: Uint8Array) =>
              through(
                'write',
                () => work(content),
                () => target.write(content.subarray(0, 1000)),
              )
          }
          if (name === 'sync') return () => through('sync', () => work())
          // Else the test would leave files open.
          return name === 'close'
            ? () =>
                through(
                  'close',
                  () => work(),
                  () => work(),
                )
            : Reflect.get(target, name)
        },
      })
    },
    rename: (from, to) => through('rename', () => rename(from, to)),
    rm: (target, options) => through('rm', () => rm(target, options)),
  }
  return { disk, asked }
}

test('a file is opened, written, synced, closed, renamed, and its folder synced', async () => {
  const { disk, asked } = faulty(undefined)
  await writeFileWhole(path, NEW, disk)
  expect(asked).toEqual(['open', 'write', 'sync', 'close', 'rename', 'open', 'sync', 'close'])
  expect(Buffer.compare(await readFile(path), NEW)).toBe(0)
})

describe.each([false, true])('whatever fails (nothing works from there on: %s)', (dead) => {
  const faults = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((operation) => MOMENTS.map((moment) => ({ operation, moment, dead })))
  test.each(faults)(
    'in operation $operation, $moment it: there is the whole old file or the whole new one',
    async (fault) => {
      await writeFile(path, OLD)
      const outcome = await writeFileWhole(path, NEW, faulty(fault).disk).then(
        () => 'done',
        (error: Error) => error.message,
      )
      const content = await readFile(path)
      const isNew = Buffer.compare(content, NEW) === 0
      expect(isNew || content.toString() === OLD).toBe(true)
      // A folder that cannot be synced is no reason to say that the file is not there.
      if (outcome === 'done') expect([isNew, fault.operation >= 5]).toEqual([true, true])
      else expect([outcome, fault.operation < 5]).toEqual([expect.stringMatching(/^fault in \w+$/), true])
      const others = (await readdir(folder)).filter((name) => name !== 'file')
      // Of a file that was never made by this name nothing is known; who is dead cannot clean up.
      if (!dead) expect(others).toEqual([])
      await removeParts(folder)
      expect(await readdir(folder)).toEqual(['file'])
    },
  )
})

test('parts that were left behind are removed, and nothing else', async () => {
  const others = ['file', '.hidden', 'a.part', '.part-of']
  for (const name of [...others, '.file.1234.part']) await writeFile(join(folder, name), '')
  await removeParts(folder)
  expect((await readdir(folder)).sort()).toEqual([...others].sort())
  await removeParts(join(folder, 'not there'))
})
