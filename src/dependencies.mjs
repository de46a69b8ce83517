// npm's dependencies step, after node_modules changed: builds wasm and dist in a checkout, and steps aside without development tools.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const tools = ['typescript', 'assemblyscript'].filter((name) => !existsSync(join(root, 'node_modules', name)))

if (tools.length === 0) {
  const { status } = spawnSync('npm', ['run', 'build'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  process.exitCode = status ?? 1
} else {
  const built = existsSync(join(root, 'dist', 'index.js'))
  const way = built ? 'using the dist that is there' : 'and there is no dist: run "npm install --include=dev" first'
  console.error(`pushforward: not building (${tools.join(' and ')} not installed), ${way}.`)
  process.exitCode = built ? 0 : 1
}
