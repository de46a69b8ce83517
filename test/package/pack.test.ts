import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const windows = process.platform === 'win32'
const INSTALL_MILLISECONDS = 120_000

/** Runs a program to its end and gives what it printed to stdout. */
async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  return (await promisify(execFile)(program, args, { cwd, shell: windows })).stdout
}

let project: string

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'pushforward-pack-'))
  const packed = JSON.parse(await run(root, 'npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', project))
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  await run(
    project,
    'npm',
    'install',
    '--omit=dev',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    `./${packed[0].filename}`,
  )
}, INSTALL_MILLISECONDS)
afterAll(() => rm(project, { recursive: true }))

describe('the packed package, installed into an empty project', () => {
  test('brings dist, README, LICENSE and CHANGELOG, and no sources, tests or development dependency', async () => {
    const installed = join(project, 'node_modules', 'pushforward')
    expect((await readdir(installed)).sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json'])
    const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    const modules = await readdir(join(project, 'node_modules'))
    expect(modules.filter((name) => name in devDependencies)).toEqual([])
    const files = await readdir(join(installed, 'dist'), { recursive: true })
    expect(files.filter((file) => /test|bench|tsbuildinfo|\.map$/.test(file))).toEqual([])
  })

  test('trains on two threads and scores, imported by its name', async () => {
    await writeFile(
      join(project, 'use.js'),
      `import { affineCoupling, alternatingMask, fit, flow, jang, leakyReLU, logProb } from 'pushforward'
      const x = jang(300, { seed: 0 })
      const model = flow(2, [leakyReLU(), affineCoupling({ mask: alternatingMask(2, 0) })], { seed: 1 })
      const { losses, threads } = await fit(model, x, { steps: 20, threads: 2 })
      const values = await logProb(model, x, { threads: 2 })
      const same = model.logProb(x).every((value, i) => value === values[i])
      console.log(JSON.stringify({ threads, better: losses[19] < losses[0], rows: values.length, same }))`,
    )
    const printed = JSON.parse(await run(project, process.execPath, 'use.js'))
    expect(printed).toEqual({ threads: 2, better: true, rows: 300, same: true })
  })

  test('runs as npx pushforward', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    expect(await run(project, 'npx', '--no-install', 'pushforward', '--version')).toBe(`${version}\n`)
    await run(project, 'npx', '--no-install', 'pushforward', 'train', '--steps', '3', '--out', 'run')
    expect(
      (await run(project, 'npx', '--no-install', 'pushforward', 'sample', 'run', '--rows', '2')).split('\n'),
    ).toHaveLength(4)
  })

  test('has types that a strict project without skipLibCheck compiles against', async () => {
    await writeFile(
      join(project, 'typed.ts'),
      `import { affineCoupling, type FitResult, type Flow, fit, flow, jang, leakyReLU, loadFlow, sample, saveFlow } from 'pushforward'
      const model: Flow = flow(2, [leakyReLU(), affineCoupling({ mask: [1, 0], hidden: [4] })], { seed: 42 })
      const result: FitResult = await fit(model, jang(100), { steps: 3, onProgress: ({ loss }) => console.log(loss.toFixed(3)) })
      const first: number = model.logProb([[1, 2]])[0] + result.losses[0] + model.score([[1, 2]]).get(0, 1)
      await saveFlow(model, 'model.safetensors')
      const drawn: Float64Array = (await sample(await loadFlow('model.safetensors'), 10, { signal: new AbortController().signal })).data
      // @ts-expect-error steps is a number
      await fit(model, jang(100), { steps: 'many' })
      console.log(first, drawn)`,
    )
    const types = { types: ['node'], typeRoots: [join(root, 'node_modules', '@types')] }
    const compilerOptions = {
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      target: 'es2023',
      lib: ['es2023'],
      module: 'nodenext',
      ...types,
    }
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed.ts'] }))
    const typescript = fileURLToPath(import.meta.resolve('typescript/lib/tsc.js'))
    expect(await run(project, process.execPath, typescript, '-p', '.').catch(({ stdout }) => stdout)).toBe('')
  })
})
