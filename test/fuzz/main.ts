// npm run test:fuzz -- [--cases N] [--seed N] [--format NAME]: damaged files of every format against the readers.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { caseOf } from './case-of.js'
import { FORMATS } from './formats.js'
import { startReader } from './run.js'

/** Files that never reach a disk, where the system has a place for such. */
const MEMORY = '/dev/shm'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '0' },
    format: { type: 'string' },
    failures: { type: 'string', default: join(tmpdir(), 'pushforward-fuzz-failures') },
  },
})
const seed = Number(values.seed)
const formats = FORMATS.filter(({ name }) => values.format === undefined || name === values.format)
if (formats.length === 0)
  throw new Error(`--format is ${values.format}; there are ${FORMATS.map(({ name }) => name).join(', ')}.`)
const shares = formats.reduce((sum, { share = 1 }) => sum + share, 0)
const reader = startReader(join(existsSync(MEMORY) ? MEMORY : tmpdir(), `pushforward-fuzz-${process.pid}`))
const total = { cases: 0, failures: 0 }
console.log(
  ['format'.padEnd(16), 'cases', 'read', 'refused', 'crashes', 'hangs', 'wrong', 'memory', 'most MiB', 'ms']
    .map((title) => title.padStart(8))
    .join(' '),
)
for (const format of formats) {
  const { name, share = 1 } = format
  const each = Math.ceil((Number(values.cases) * share) / shares)
  const tally = await reader.run(name, each, seed)
  const of = (kind: string) => tally.failures.filter((failure) => failure.kind === kind).length
  const cells = [tally.cases, tally.read, tally.refused, of('crash'), of('hang'), of('wrong'), of('memory')]
  const most = (Math.max(0, tally.memory) / 2 ** 20).toFixed(2)
  console.log(
    [name.padEnd(16), ...cells, most, tally.slowest.toFixed(0)].map((cell) => String(cell).padStart(8)).join(' '),
  )
  for (const { index, kind, text } of tally.failures) {
    mkdirSync(values.failures, { recursive: true })
    const file = join(values.failures, `${seed}-${each}-${index}-${name}`)
    writeFileSync(file, caseOf(format, index, each, seed).bytes)
    console.log(`  ${kind}: ${file}: ${text}`)
  }
  total.cases += tally.cases
  total.failures += tally.failures.length
}
console.log(`${total.cases} cases, ${total.failures} failures; again: --seed ${seed} --cases ${values.cases}`)
reader.end()
process.exitCode = total.failures > 0 ? 1 : 0
