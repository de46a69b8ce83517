import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { BrokenDisk, type DiskFault } from './broken-disk.js'

const disk = new BrokenDisk()
const { parseCommand } = await import('#cli/arguments.js')
const { run, usage } = await import('#cli/train.js')
const { checkpointSteps } = await import('#io/checkpoint-file.js')
const { loadModel } = await import('pushforward')

let folder: string
const at = (...parts: string[]) => join(folder, ...parts)
const CODES = ['ENOSPC', 'EROFS', 'EACCES', 'EIO'] as const
/** What every run comes to in the end. */
const FILES = ['model.safetensors', 'metrics.jsonl', 'samples.csv']
let expected: string[]
let operations: string[]

const contents = (path: string) => Promise.all(FILES.map((name) => readFile(join(path, name), 'base64')))

/** `pushforward train` in this process: its exit code, what it said, and the error that main would tell in one line. */
async function train(...args: string[]): Promise<{ code: number | undefined; said: string; error: Error | undefined }> {
  let said = ''
  const listening = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text
    return true
  })
  try {
    return { code: await run(parseCommand(usage, args)), said, error: undefined }
  } catch (error) {
    return { code: undefined, said, error: error as Error }
  } finally {
    listening.mockRestore()
  }
}
const begin = (out: string) =>
  train(
    at('points.csv'),
    ...'--column all:plain --flow realNVP --layers 2 --hidden 4 --steps 40 --threads 0'.split(' '),
    ...'--plots off --out'.split(' '),
    out,
  )

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-disk-'))
  // Three columns: of two, the density would be summed up over a fine grid.
  const rows = Array.from({ length: 80 }, (_, i) => `${Math.sin(i)},${Math.cos(3 * i) + i / 40},${(i * 37) % 11}`)
  await writeFile(at('points.csv'), `x,y,z\n${rows.join('\n')}\n`)
  operations = await disk.during(at('whole'), undefined, async () => {
    expect((await begin(at('whole'))).error).toBeUndefined()
  })
  expected = await contents(at('whole'))
  for (const name of ['open', 'writeFile', 'sync', 'rename', 'mkdir']) {
    expect(operations.some((operation) => operation.startsWith(name))).toBe(true)
  }
})
afterAll(() => rm(folder, { recursive: true }))

/** Everything in a folder is whole under its name, and nothing else is there. */
async function checkWhole(path: string): Promise<void> {
  for (const entry of await readdir(path, { recursive: true })) {
    const file = join(path, entry)
    if ((await stat(file)).isDirectory()) continue
    expect(entry).not.toMatch(/\.part$/)
    if (entry.endsWith('.json')) JSON.parse(await readFile(file, 'utf8'))
    else if (entry.startsWith('checkpoints')) expect(checkpointSteps(await readFile(file))).toBeGreaterThan(0)
    else expect(FILES).toContain(entry)
    if (entry === 'model.safetensors') await loadModel(file)
    if (entry === 'metrics.jsonl')
      for (const line of (await readFile(file, 'utf8')).trimEnd().split('\n')) JSON.parse(line)
    if (entry === 'samples.csv') expect(await readFile(file, 'base64')).toBe(expected[FILES.indexOf(entry)])
  }
}

const thereIs = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

/** A run meets a fault: it goes on, or ends with one error; what it has left is whole, and comes to the same in the end. */
async function meet(fault: DiskFault): Promise<void> {
  const name = `${fault.operation}-${fault.moment}-${fault.forever}`
  const out = at(name)
  let outcome: Awaited<ReturnType<typeof train>> | undefined
  await disk.during(out, fault, async () => {
    outcome = await begin(out)
  })
  const { error, code, said } = outcome as Awaited<ReturnType<typeof train>>
  const told = `${operations[fault.operation]}: ${error?.message}\n${said}`
  if (error) {
    expect(error.message, told).toMatch(/cannot be (used|saved|written)/)
    expect(error.message, told).toContain(fault.code)
    expect(error.message, told).toContain(folder)
    expect(error.message, told).not.toContain('\n')
    // What had been trained is somewhere.
    const elsewhere = /saved as (\S+) instead/.exec(error.message)?.[1]
    if (elsewhere) {
      await loadModel(elsewhere)
      await rm(elsewhere)
    }
  } else expect(code, told).toBe(0)
  if (!(await thereIs(out))) return
  // Who cannot remove a part either has to leave it.
  if (!fault.forever) await checkWhole(out)
  if (!(await thereIs(join(out, 'run.json')))) return
  const { status } = JSON.parse(await readFile(join(out, 'run.json'), 'utf8'))
  if (status !== 'finished') {
    // By another process, as it were: this one has the folder until it ends.
    await cp(out, at(`${name}-again`), { recursive: true })
    const again = await train('--resume', at(`${name}-again`), '--threads', '1')
    expect(again.error, told).toBeUndefined()
    await checkWhole(at(`${name}-again`))
    expect(await contents(at(`${name}-again`)), told).toEqual(expected)
  } else expect(await contents(out), told).toEqual(expected)
}

describe('whatever fails of what a run asks of the disk', () => {
  test.each([
    ['once, before it is done', 'before', false, 1],
    ['once, when it is done', 'after', false, 3],
    ['and everything behind it', 'before', true, 4],
  ] as const)('%s', async (_, moment, forever, stride) => {
    for (let operation = 0; operation < operations.length; operation += stride) {
      await meet({ operation, moment, code: CODES[operation % CODES.length], forever })
    }
  })
})

test('a clock that is set back again and again changes nothing, and no run takes the name of another', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(2026, 10, 27, 12) })
  const back = setInterval(() => vi.setSystemTime(Date.now() - 3_600_000), 1)
  try {
    const { code } = await begin(at('backwards'))
    expect([code, await contents(at('backwards'))]).toEqual([0, expected])
    expect(Date.now()).toBeLessThan(new Date(2026, 10, 27, 11).getTime())
  } finally {
    clearInterval(back)
    vi.useRealTimers()
  }
})
