// A process that reads cases and tells what came of them. Its memory is watched from before the library is loaded.
import { ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { faultOf } from './judge.js'
import { AT, type Failure, type Tally, type Task } from './tally.js'
import { forgetArrays, largestArray, watchArrays } from './watch-memory.js'

/** Bytes that a reader may take for any file: a block of rows, buffers, a page of a table; what the garbage of others adds. */
const FREE = { array: 8 * 2 ** 20, resident: 160 * 2 ** 20 }
const TIMES = 10
const MOST_FAILURES = 20
/** Bytes by which formats are told, at most. */
const LEAST_MAGIC = 8

const [, , folder] = process.argv
const path = join(folder, 'file')
/** What each seed holds, by format and reading. */
const known = new Map<string, string>()
let tally: Tally

watchArrays()
const { FORMATS } = await import('./formats.js')
const { caseOf } = await import('./case-of.js')
const { Wrong } = await import('./readings.js')
type Format = (typeof FORMATS)[number]
type Reading = Format['readings'][number]

mkdirSync(folder, { recursive: true })
const at = openSync(join(folder, AT), 'w')
const file = openSync(path, 'w')
process.on('message', async (task: Task) => {
  tally = { cases: 0, read: 0, refused: 0, failures: [], memory: 0, slowest: 0 }
  const format = FORMATS.find(({ name }) => name === task.format)
  if (format === undefined) throw new Error(`No format ${task.format}.`)
  for (let index = task.first; index < task.end && tally.failures.length < MOST_FAILURES; index++) {
    writeSync(at, String(index).padEnd(12), 0)
    await takeCase(format, index, task)
  }
  process.send?.(tally)
})

async function takeCase(format: Format, index: number, { count, seed }: Task): Promise<void> {
  const { readings } = format
  const made = caseOf(format, index, count, seed)
  for (const [i, reading] of readings.entries()) {
    if (made.how !== 'whole' && index % readings.length !== i) continue
    const key = `${format.name} ${made.seed.name} ${i}`
    if (made.how === 'harmless' && !known.has(key)) known.set(key, await readSeed(reading, made.seed.bytes))
    await take(format, index, made, reading, key)
  }
  tally.cases++
}

/** Writes the file anew: to open it takes longer than to read it. */
function put(bytes: Buffer): void {
  ftruncateSync(file, 0)
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, done)
}

async function readSeed(reading: Reading, bytes: Buffer): Promise<string> {
  put(bytes)
  return reading(path, bytes).catch((error) => `refused: ${error.message}`)
}

async function take(
  { named = new RegExp(`^${escaped(folder)}`), closed }: Format,
  index: number,
  { bytes, how, seed }: ReturnType<typeof caseOf>,
  reading: Reading,
  key: string,
): Promise<void> {
  const fail = (kind: Failure['kind'], text: string) => tally.failures.push({ index, kind, text: text.slice(0, 2000) })
  put(bytes)
  forgetArrays()
  const resident = process.resourceUsage().maxRSS
  const begun = performance.now()
  try {
    const found = await reading(path, bytes)
    tally.read++
    // A shorter beginning may as well be text.
    if (how === 'cut' && closed && bytes.length >= LEAST_MAGIC && lacksMore(bytes, seed.bytes))
      fail('wrong', `the first ${bytes.length} bytes are read as if they were all`)
    if (how === 'harmless' && found !== known.get(key)) fail('wrong', `${known.get(key)} is read as ${found}`)
    if (how === 'whole') known.set(key, found)
  } catch (error) {
    tally.refused++
    const fault = error instanceof Wrong ? error.message : faultOf(error, named)
    if (fault !== undefined) fail(error instanceof Wrong ? 'wrong' : 'crash', fault)
    else if (how === 'whole') known.set(key, `refused: ${(error as Error).message}`)
    else if (how === 'harmless' && !known.get(key)?.startsWith('refused'))
      fail('wrong', `is refused: ${(error as Error).message}`)
  }
  tally.slowest = Math.max(tally.slowest, performance.now() - begun)
  const array = largestArray() - TIMES * bytes.length
  const grown = 1024 * (process.resourceUsage().maxRSS - resident) - TIMES * bytes.length
  tally.memory = Math.max(tally.memory, array)
  if (array > FREE.array || grown > FREE.resident)
    fail('memory', `an array of ${largestArray()} bytes, ${grown} resident, for a file of ${bytes.length}`)
}

/** Whether a file that was cut off lacks more than blanks. */
function lacksMore(cut: Buffer, whole: Buffer): boolean {
  return whole.subarray(cut.length).some((byte) => byte !== 0x0a && byte !== 0x20)
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
