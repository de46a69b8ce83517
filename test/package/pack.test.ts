import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packInto, ROOT, run } from './packed.js'

const INSTALL_MILLISECONDS = 120_000

let project: string
/** What npm said while it installed the package. */
let said: string

beforeAll(async () => {
  const { folder, file } = await packInto()
  project = folder
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  const quiet = ['--omit=dev', '--prefer-offline', '--no-audit', '--no-fund']
  said = (await run(project, 'npm', 'install', ...quiet, `./${file}`)).stderr
}, INSTALL_MILLISECONDS)
afterAll(() => rm(project, { recursive: true }))

/** What the compiler says of the consumer's files under these options, strict and with every declaration checked. */
async function compile(files: string[], options: object): Promise<string> {
  const compilerOptions = {
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    target: 'es2023',
    lib: ['es2023'],
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules', '@types')],
    ...options,
  }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const typescript = fileURLToPath(import.meta.resolve('typescript/lib/tsc.js'))
  return run(project, process.execPath, typescript, '-p', '.').then(
    ({ stdout }) => stdout,
    ({ stdout }) => stdout,
  )
}

/** Modules of TypeScript that use all three entries. */
async function writeConsumer(): Promise<void> {
  const files = {
    'typed.ts': `import { affineCoupling, type FitResult, type Flow, fit, flow, jang, leakyReLU, loadFlow, sample, saveFlow } from 'pushforward'
      const model: Flow = flow(2, [leakyReLU(), affineCoupling({ mask: [1, 0], hidden: [4] })], { seed: 42 })
      const result: FitResult = await fit(model, jang(100), { steps: 3, onProgress: ({ loss }) => console.log(loss.toFixed(3)) })
      const first: number = model.logProb([[1, 2]])[0] + result.losses[0] + model.score([[1, 2]]).get(0, 1)
      await saveFlow(model, 'model.safetensors')
      const drawn: Float64Array = (await sample(await loadFlow('model.safetensors'), 10, { signal: new AbortController().signal })).data
      // @ts-expect-error steps is a number
      await fit(model, jang(100), { steps: 'many' })
      console.log(first, drawn)`,
    'entries.ts': `import { type Layer, registerLayer } from 'pushforward/layers'
      import { lossPicture } from 'pushforward/report'
      const build: () => Layer = () => { throw new Error('not here') }
      registerLayer('mine', build)
      console.log(lossPicture)`,
    'typed.cts': `import { flow, nsf } from 'pushforward'\nflow(2, nsf(2)).sample(1)`,
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text)
}

describe('the packed package, installed into an empty project', () => {
  test('is installed without a warning, and has no script that could run then', async () => {
    expect(said).toBe('')
    const { scripts } = JSON.parse(await readFile(join(project, 'node_modules/pushforward/package.json'), 'utf8'))
    const atInstall = ['preinstall', 'install', 'postinstall', 'prepare']
    expect(Object.keys(scripts).filter((name) => atInstall.includes(name))).toEqual([])
  })

  test('brings no development dependency', async () => {
    const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    const modules = await readdir(join(project, 'node_modules'))
    expect(modules.filter((name) => name in devDependencies)).toEqual([])
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
    const printed = JSON.parse((await run(project, process.execPath, 'use.js')).stdout)
    expect(printed).toEqual({ threads: 2, better: true, rows: 300, same: true })
  })

  test('runs as npx pushforward', async () => {
    const npx = async (cwd: string, ...args: string[]) =>
      (await run(cwd, 'npx', '--no-install', 'pushforward', ...args)).stdout
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    expect(await npx(project, '--version')).toBe(`${version}\n`)
    expect(await npx(ROOT, '--version'), 'in a checkout').toBe(`${version}\n`)
    await npx(project, 'train', '--steps', '3', '--out', 'run')
    expect((await npx(project, 'sample', 'run', '--rows', '2')).split('\n')).toHaveLength(4)
  })

  test('is required from CommonJS, as every Node that it supports can; what it does not export is refused by name', async () => {
    await writeFile(
      join(project, 'use.cjs'),
      `const { flow, nsf } = require('pushforward')
      const { lossPicture } = require('pushforward/report')
      let refused
      try { require('pushforward/dist/index.js') } catch (error) { refused = error.code }
      console.log(JSON.stringify([flow(2, nsf(2)).parameterCount > 0, typeof lossPicture, refused]))`,
    )
    const { stdout } = await run(project, process.execPath, 'use.cjs')
    expect(JSON.parse(stdout)).toEqual([true, 'function', 'ERR_PACKAGE_PATH_NOT_EXPORTED'])
  })

  test('has types that strict ES modules and a CommonJS one compile against, every declaration checked', async () => {
    await writeConsumer()
    expect(await compile(['typed.ts', 'entries.ts', 'typed.cts'], { module: 'nodenext' })).toBe('')
  })

  test.each([
    { module: 'node16', moduleResolution: 'node16' },
    { module: 'esnext', moduleResolution: 'bundler' },
  ])('has types that $moduleResolution resolves', async (options) => {
    await writeConsumer()
    expect(await compile(['typed.ts', 'entries.ts'], { ...options, skipLibCheck: true })).toBe('')
  })
})
