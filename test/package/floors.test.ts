import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const biome = fileURLToPath(import.meta.resolve('@biomejs/biome/bin/biome'))

/** For each file an import that it may have, and one that it may not. */
const floors: [file: string, allowed: string, refused: string][] = [
  ['src/random/x.ts', '../errors.js', '../kernels/heap.js'],
  ['src/kernels/x.ts', '../random/philox.js', '../nets/mlp.js'],
  ['src/kernels/portable/x.ts', '../../random/philox.js', '../../flow/flow.js'],
  ['src/nets/x.ts', '../kernels/kernels.js', '../layers/layer.js'],
  ['src/layers/x.ts', '../nets/mlp.js', '../bases/standard-normal.js'],
  ['src/bases/x.ts', '../kernels/kernels.js', '../flow/flow.js'],
  ['src/columns/x.ts', '../data/rows.js', '../flow/flow.js'],
  ['src/energies/x.ts', '../random/elementary.js', '../flow/flow.js'],
  ['src/flow/x.ts', '../data/rows.js', '../data/read-table.js'],
  ['src/step/x.ts', '../flow/tile.js', '../parallel/pool.js'],
  ['src/parallel/x.ts', '../step/plan.js', '../train/fit.js'],
  ['src/train/x.ts', '../parallel/pool.js', '../cli/output.js'],
  ['src/report/x.ts', '../train/fit.js', '../cli/output.js'],
  ['src/data/read-table.ts', 'node:fs', '../flow/flow.js'],
  ['src/data/input.ts', 'node:fs', '../flow/flow.js'],
  ['src/data/temporary-file.ts', 'node:fs', '../flow/flow.js'],
  ['src/data/parquet.ts', 'hyparquet', 'ndarray-linear'],
  ['src/data/stored-rows.ts', 'node:fs', '../flow/flow.js'],
  ['src/data/time-limit.ts', 'node:vm', '../flow/flow.js'],
  ['src/data/unzstd.ts', 'fzstd', '../flow/flow.js'],
  ['src/data/generators.ts', './generators/moons.js', '../flow/flow.js'],
  ['src/data/generators/moons.ts', '../../random/elementary.js', '../../flow/flow.js'],
  ['src/data/table.ts', './csv-records.js', '../train/fit.js'],
  ['src/io/model-file.ts', './safetensors.js', '../flow/flow.js'],
  ['src/io/save-flow.ts', '../flow/flow.js', '../train/fit.js'],
]

/** Runs in a page one day, and so imports nothing of Node, by whichever name. */
const ofNode = ['node:fs', 'os']
const onPages = (file: string) =>
  !/\/(parallel|train|report)\/|read-table|stored-rows|input|temporary-file|time-limit|unzstd|save-flow/.test(file)

const lines = (file: string, allowed: string, refused: string) => [allowed, refused, ...(onPages(file) ? ofNode : [])]

let folder: string
/** What the linter refused: "file:line". */
let refused: Set<string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-floors-'))
  await copyFile(join(root, 'biome.json'), join(folder, 'biome.json'))
  for (const floor of floors) {
    const path = join(folder, floor[0])
    await mkdir(dirname(path), { recursive: true })
    await writeFile(
      path,
      lines(...floor)
        .map((source) => `export * from '${source}'\n`)
        .join(''),
    )
  }
  const args = [
    biome,
    'lint',
    '--vcs-enabled=false',
    '--only=style/noRestrictedImports',
    '--max-diagnostics=none',
    '--reporter=github',
  ]
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  const reports = stdout.matchAll(/title=lint\/style\/noRestrictedImports,file=[^,]*\/(src\/[^,]+),line=(\d+),/g)
  refused = new Set(Array.from(reports, ([, file, line]) => `${file}:${line}`))
})
afterAll(() => rm(folder, { recursive: true }))

describe('imports go downward only', () => {
  test.each(floors)('%s may import %s, but not %s', (file) => {
    expect([1, 2].map((line) => refused.has(`${file}:${line}`))).toEqual([false, true])
  })

  test.each(floors.map(([file]) => file).filter(onPages))('%s may import nothing of Node', (file) => {
    expect([3, 4].map((line) => refused.has(`${file}:${line}`))).toEqual([true, true])
  })
})
