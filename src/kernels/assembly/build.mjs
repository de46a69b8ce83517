// Writes the dispatcher of recorded calls from the declarations in ../operations, then compiles the SIMD kernels twice
// (shared and unshared memory) and the loops that measure a machine, and embeds the bytes in
// src/kernels/wasm.generated.ts, so that the core needs neither a file nor the network to start.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'
import binaryen from 'assemblyscript/binaryen'
import { rolldown } from 'rolldown'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..', '..')
const outDir = await mkdtemp(join(tmpdir(), 'pushforward-wasm-'))

// The maximum is what a heap may grow to be planned at (4 GiB); a memory itself is created at its final size.
const shared = ['--sharedMemory', '--maximumMemory', '65536', '--enable', 'threads']
const common = ['--runtime', 'stub', '--importMemory', '--noAssert', '-O3', '--enable', 'simd,bulk-memory']

const VECTOR = /\(v128\.const i32x4 (0x[0-9a-f]+ 0x[0-9a-f]+ 0x[0-9a-f]+ 0x[0-9a-f]+)\)/g
const ZERO = '0x00000000 0x00000000 0x00000000 0x00000000'

/**
 * Puts the constants of a function with loops into locals, set once at its beginning. V8 as in Node 24 makes a vector
 * constant anew wherever it is used, within loops too: tanh took 19 cycles a vector for 9 (Node 20 and 22 take 9 either
 * way). Binaryen's own pass, const-hoisting, leaves vectors alone.
 */
function hoistVectors(wasm) {
  const source = binaryen.readBinary(wasm)
  source.setFeatures(binaryen.Features.All)
  const text = source.emitText()
  const changed = text.replace(/^ \(func [\s\S]*?^ \)$/gm, (func) => {
    if (!func.includes('(loop ')) return func
    const locals = new Map()
    const body = func.replace(VECTOR, (constant, lanes) => {
      if (lanes === ZERO) return constant
      if (!locals.has(lanes)) locals.set(lanes, `$constant${locals.size}`)
      return `(local.get ${locals.get(lanes)})`
    })
    const entries = [...locals]
    const declared = entries.map(([, name]) => `  (local ${name} v128)`)
    const set = entries.map(([lanes, name]) => `  (local.set ${name} (v128.const i32x4 ${lanes}))`)
    // The signature, the locals that are there, and then instructions.
    const [, head, rest] = body.match(/^(.*\n(?: {2}\(local .*\n)*)([\s\S]*)$/)
    return [head.trimEnd(), ...declared, ...set, rest].join('\n')
  })
  if (changed === text) throw new Error('No constant was found to hoist: has the text of modules changed?')
  const hoisted = binaryen.parseText(changed)
  hoisted.setFeatures(binaryen.Features.All)
  if (!hoisted.validate()) throw new Error('The kernels are not valid once their constants are hoisted.')
  return hoisted.emitBinary()
}

async function compile(name, flags) {
  const file = join(outDir, `${name}.wasm`)
  const entry = relative(root, join(here, 'index.ts'))
  const args = [entry, '--baseDir', root, '--outFile', file, ...common, ...flags]
  const { error, stderr } = await asc.main(args)
  if (error) throw new Error(`AssemblyScript (${name}): ${error.message}\n${stderr.toString()}`)
  return Buffer.from(hoistVectors(await readFile(file))).toString('base64')
}

/** The loops of peak/peak.ts, which need no memory. */
async function compilePeak() {
  const file = join(outDir, 'peak.wasm')
  const options = ['--runtime', 'stub', '--noAssert', '-O3', '--enable', 'simd']
  const { error, stderr } = await asc.main(['peak.ts', '--baseDir', join(here, 'peak'), '--outFile', file, ...options])
  if (error) throw new Error(`AssemblyScript (peak): ${error.message}\n${stderr.toString()}`)
  return (await readFile(file)).toString('base64')
}

/** The operations as ../program.ts has them, in the order of their codes. */
async function declaredOperations() {
  const bundle = await rolldown({ input: join(here, '..', 'program.ts'), logLevel: 'silent' })
  const { output } = await bundle.generate({ format: 'esm' })
  await bundle.close()
  const { operations } = await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`)
  return operations
}

/** The file and the parameters, names and types, of every function that a file here exports. */
async function exportedFunctions() {
  const functions = new Map()
  for (const file of await readdir(here)) {
    if (!file.endsWith('.ts') || file.endsWith('.generated.ts')) continue
    const source = await readFile(join(here, file), 'utf8')
    for (const [, name, list] of source.matchAll(/^export function (\w+)\(([^)]*)\)/gm)) {
      const parameters = list
        .split(',')
        .flatMap((text) => (text.trim() ? [text.split(':').map((part) => part.trim())] : []))
      functions.set(name, {
        file: file.replace(/\.ts$/, ''),
        parameters: parameters.map(([name]) => name),
        types: parameters.map(([, type]) => type),
      })
    }
  }
  return functions
}

/** A case of the dispatcher: words of the call from 1 on; a value takes two, and is an f32 or f64 as the kernel has it. */
function caseOf({ id, counts, operands }, code, types) {
  let word = 1
  const args = [...counts.map(() => 'count'), ...Object.values(operands).map(({ role }) => role)].map((role, i) => {
    const at = word
    word += role === 'value' ? 2 : 1
    if (role === 'value') return `<${types[i]}>f64.load(p, ${4 * at})`
    return role === 'gradient' ? `g(p, ${at}, gradient)` : `n(p, ${at})`
  })
  return `      case ${code}:\n        ${id}(${args.join(', ')})\n        break`
}

/** Checks that every operation has its kernel, with its operands in their order, and writes what runs recorded calls. */
async function writeDispatcher() {
  const operations = await declaredOperations()
  const functions = await exportedFunctions()
  for (const { id, counts, operands } of operations) {
    const kernel = functions.get(id)
    if (!kernel) throw new Error(`No file of src/kernels/assembly exports the kernel of operation ${id}.`)
    const [got, expected] = [kernel.parameters.join(', '), [...counts, ...Object.keys(operands)].join(', ')]
    if (got !== expected) {
      throw new Error(`${kernel.file}.ts has ${id}(${got}), but its operation is declared with (${expected}).`)
    }
  }
  const lines = (word) => operations.map(({ id }) => `${word} { ${id} } from './${functions.get(id).file}'`)
  const source = [
    '// Generated by build.mjs from ../operations; not committed.',
    "import { bytes, NONE } from './lanes'",
    ...lines('import'),
    ...lines('export'),
    `
/** Argument n of the call that begins at \`at\`. */
@inline
function n(at: usize, n: usize): i32 {
  return i32.load(at + (n << 2))
}

/** Likewise, in the gradient. */
@inline
function g(at: usize, n: usize, gradient: usize): usize {
  const offset: usize = i32.load(at + (n << 2))
  return offset == NONE ? NONE : gradient + offset
}

export function run(program: usize, end: usize, gradient: usize): void {
  const last = bytes(end)
  let p = bytes(program)
  while (p < last) {
    const head = n(p, 0)
    switch (head & 255) {
${operations.map((operation, code) => caseOf(operation, code, functions.get(operation.id).types)).join('\n')}
      default:
        unreachable()
    }
    p += bytes(head >>> 8)
  }
}
`,
  ].join('\n')
  await writeFile(join(here, 'operations.generated.ts'), source)
}

await writeDispatcher()
try {
  const bytes = {
    shared: await compile('shared', shared),
    unshared: await compile('unshared', []),
    peak: await compilePeak(),
  }
  const source = [
    '// Generated from src/kernels/assembly by build.mjs; not committed.',
    ...Object.entries(bytes).map(([name, base64]) => `export const ${name}Wasm: string =\n  '${base64}'`),
    '',
  ].join('\n')
  await writeFile(join(here, '..', 'wasm.generated.ts'), source)
} finally {
  await rm(outDir, { recursive: true, force: true })
}
