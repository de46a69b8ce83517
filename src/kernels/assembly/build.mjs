// Compiles the SIMD kernels twice (shared and unshared memory) and embeds the bytes in src/kernels/wasm.generated.ts,
// so that the core needs neither a file nor the network to start.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..', '..')
const outDir = await mkdtemp(join(tmpdir(), 'pushforward-wasm-'))

// The maximum is what a heap may grow to be planned at (4 GiB); a memory itself is created at its final size.
const shared = ['--sharedMemory', '--maximumMemory', '65536', '--enable', 'threads']
const common = [
  '--runtime',
  'stub',
  '--importMemory',
  '--noAssert',
  '-O3',
  '--converge',
  '--enable',
  'simd,bulk-memory',
]

async function compile(name, flags) {
  const file = join(outDir, `${name}.wasm`)
  const entry = relative(root, join(here, 'index.ts'))
  const args = [entry, '--baseDir', root, '--outFile', file, ...common, ...flags]
  const { error, stderr } = await asc.main(args)
  if (error) throw new Error(`AssemblyScript (${name}): ${error.message}\n${stderr.toString()}`)
  return (await readFile(file)).toString('base64')
}

try {
  const bytes = { shared: await compile('shared', shared), unshared: await compile('unshared', []) }
  const source = [
    '// Generated from src/kernels/assembly by build.mjs; not committed.',
    ...Object.entries(bytes).map(([name, base64]) => `export const ${name}Wasm =\n  '${base64}'`),
    '',
  ].join('\n')
  await writeFile(join(here, '..', 'wasm.generated.ts'), source)
} finally {
  await rm(outDir, { recursive: true, force: true })
}
