import { readFileSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { availableParallelism, cpus, freemem, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { flow } from '../flow/flow.js'
import { createSimdMemory, simdSupported } from '../kernels/simd.js'
import { cores } from '../parallel/cores.js'
import { presets } from '../presets/registry.js'
import { bytesText } from './bytes-text.js'
import { RUNS } from './run-folder.js'

/** One thing that was looked at. */
export interface Check {
  readonly name: string
  /** What was found. */
  readonly found: string
  /** What to do about it; where there is nothing wrong, undefined. */
  readonly way?: string
}

/** Bytes below which a training run of some thousand rows does not fit beside Node itself. */
const LEAST_MEMORY = 256e6
/** Threads answer in some 50 ms; a machine that is busy may take longer. */
const ANSWER_MILLISECONDS = 10_000

/** All that is looked at, in the order in which it is told. */
export async function checkAll(): Promise<readonly Check[]> {
  const { engines, dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return [
    checkNode(process.versions.node, engines.node),
    checkSimd(),
    await checkThreads(),
    checkSharedMemory(),
    checkCores(),
    checkMemory(totalmem(), process.constrainedMemory?.() ?? 0, freemem()),
    await checkRuns(),
    await checkPackage(Object.keys(dependencies)),
    checkKernels(),
  ]
}

/** `engines` as package.json has it: ">=20.19". */
export function checkNode(version: string, engines: string): Check {
  const least = engines.replace('>=', '')
  const [got, expected] = [version, least].map((text) => text.split('.').map(Number))
  const older = got[0] < expected[0] || (got[0] === expected[0] && got[1] < expected[1])
  const way = `Install Node ${least} or later, from https://nodejs.org or by a version manager.`
  return { name: 'Node', found: `${version}, ${least} or later is supported`, ...(older && { way }) }
}

function checkSimd(): Check {
  const name = 'WebAssembly SIMD'
  if (simdSupported()) return { name, found: '128-bit vectors' }
  return {
    name,
    found: 'none: the portable kernels run instead, some twenty times slower',
    way: 'Run Node without --jitless, on a processor with SSE4.1 or NEON; until then everything works, but slowly.',
  }
}

async function checkThreads(): Promise<Check> {
  const name = 'worker threads'
  try {
    await answerOfThread()
    return { name, found: 'one was started and has answered' }
  } catch (error) {
    const way = 'Allow threads (node --permission needs --allow-worker), or give --threads 0 to work without them.'
    return { name, found: `none: ${(error as Error).message}`, way }
  }
}

/** Starts a thread and waits for what it says. */
async function answerOfThread(): Promise<void> {
  const { Worker } = await import('node:worker_threads')
  const worker = new Worker("require('node:worker_threads').parentPort.postMessage('here')", { eval: true })
  let clock: NodeJS.Timeout | undefined
  try {
    await new Promise((resolve, reject) => {
      clock = setTimeout(() => reject(new Error('a thread did not answer')), ANSWER_MILLISECONDS)
      worker.once('message', resolve)
      worker.once('error', reject)
    })
  } finally {
    clearTimeout(clock)
    await worker.terminate()
  }
}

function checkSharedMemory(): Check {
  const name = 'shared memory'
  try {
    const words = new Int32Array(new SharedArrayBuffer(4))
    Atomics.add(words, 0, 1)
    if (simdSupported()) createSimdMemory(1, true)
    return { name, found: 'SharedArrayBuffer and Atomics' }
  } catch (error) {
    return { name, found: `none: ${(error as Error).message}`, way: 'Give --threads 0 to work without it.' }
  }
}

function checkCores(): Check {
  const [all, affinity, allowed] = [cpus().length, availableParallelism(), cores()]
  const why = allowed < affinity ? ', by control groups' : affinity < all ? ', by affinity' : ''
  const [load] = loadavg()
  const busy = load > 1 ? `; at work already: ${load.toFixed(1)} on average over the last minute` : ''
  return { name: 'cores', found: `${allowed} of ${all} for this process${why}${busy}` }
}

/** `constrained` is 0, or beyond the machine's, where nothing but the machine limits. */
export function checkMemory(total: number, constrained: number, free: number): Check {
  const limited = constrained > 0 && constrained < total
  const limit = limited ? constrained : total
  const found = `${bytesText(limit)}${limited ? ', by control groups' : ''}, ${bytesText(Math.min(free, limit))} of the machine's free`
  const way = `Give it ${bytesText(LEAST_MEMORY)} or more.`
  return { name: 'memory', found, ...(limit < LEAST_MEMORY && { way }) }
}

/** By a folder that is made there and taken away again; where there is no runs/ yet, by one beside it. */
async function checkRuns(): Promise<Check> {
  const name = `${RUNS}/`
  const there = await stat(RUNS).catch(() => undefined)
  try {
    const probe = await mkdtemp(join(there ? RUNS : '.', '.pushforward-doctor-'))
    await rm(probe, { recursive: true })
    return { name, found: there ? 'can be written' : 'is not there yet, and can be made' }
  } catch (error) {
    const way = 'Go to a folder of your own, or say where runs are to be written: train --out FOLDER.'
    return { name, found: `cannot be written: ${(error as Error).message}`, way }
  }
}

/** Whether what is installed can be loaded: every package that it needs, and each part that a command loads by and by. */
async function checkPackage(dependencies: readonly string[]): Promise<Check> {
  const parts = ['../index.js', '../layers/index.js', '../report/index.js', './run-page.js', './compare-page.js']
  const commands = ['train', 'sample', 'score', 'predict', 'show', 'report', 'data', 'dry-run']
  const modules = [...parts, ...commands.map((name) => `./${name}.js`)]
  const name = 'package'
  try {
    // Of these there are types only.
    for (const dependency of dependencies) if (!dependency.startsWith('@types/')) import.meta.resolve(dependency)
    for (const module of modules) await import(module)
    return { name, found: 'whole, with all that it needs' }
  } catch (error) {
    const way = 'Install it anew: npm install pushforward; in a checkout npm install && npm run build.'
    return { name, found: `not whole: ${(error as Error).message}`, way }
  }
}

/** Rows whose densities are compared, on a circle about the origin; and how far apart float32 may have them. */
const COMPARED = { rows: 256, radius: 2, tolerance: 1e-4 }

/** Whether the WebAssembly that is embedded computes what the code in TypeScript does. */
function checkKernels(): Check {
  const name = 'kernels'
  const { rows, radius, tolerance } = COMPARED
  const points = Array.from({ length: rows }, (_, i) => [radius * Math.cos(i), radius * Math.sin(i)])
  const densities = (kernels: 'simd' | 'portable') =>
    flow(2, presets.nsf.layers(2, { layers: 2, hidden: [16] }), { seed: 1, kernels }).logProb(points)
  if (!simdSupported()) return { name, found: 'the portable ones alone' }
  const way = 'Install the package anew: what is embedded in dist/kernels/wasm.generated.js is not what was built.'
  try {
    const [simd, portable] = [densities('simd'), densities('portable')]
    const apart = Math.max(...simd.map((value, i) => Math.abs(value - portable[i])))
    if (apart <= tolerance) return { name, found: `SIMD and portable ones agree to ${apart.toExponential(1)}` }
    return { name, found: `SIMD and portable ones differ by ${apart}`, way }
  } catch (error) {
    return { name, found: `the SIMD ones do not run: ${(error as Error).message}`, way }
  }
}
