import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MAIN } from './cli/run.js'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** A fenced block of a page. */
export interface Snippet {
  readonly language: string
  readonly text: string
}

/** The fenced blocks of a page of Markdown, in order. */
export function snippetsOf(page: string): Snippet[] {
  return Array.from(page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm), ([, language, text]) => ({ language, text }))
}

/**
 * Stand-ins for what a reader has: `pushforward` on the path, and an `npm` that installs nothing. Of the default run
 * some steps must do, for its length is shown elsewhere.
 */
const NPM = `#!/bin/sh
test "$*" = install -o "$*" = "install pushforward" && exit
test "$*" = "run train" && exec pushforward train --steps 500
echo "the README has npm $*" >&2
exit 1
`
const NPX = `#!/bin/sh
test "$*" = "pushforward train" && exec pushforward train --steps 500
echo "the README has npx $*" >&2
exit 1
`

/** An empty folder of a reader's, which the caller removes, where the package is installed. */
export interface Reader {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  /** Runs a snippet of `sh` or `js` and gives what it printed to stdout. */
  run(snippet: Snippet): Promise<string>
}

export async function createReader(): Promise<Reader> {
  const folder = await mkdtemp(join(tmpdir(), 'pushforward-reader-'))
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await mkdir(join(folder, 'node_modules'))
  await symlink(ROOT, join(folder, 'node_modules', 'pushforward'))
  const scripts = { npm: NPM, npx: NPX, pushforward: `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n` }
  for (const [name, text] of Object.entries(scripts)) {
    await writeFile(join(bin, name), text)
    await chmod(join(bin, name), 0o755)
  }
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` }
  const execute = promisify(execFile)
  return {
    folder,
    env,
    async run({ language, text }) {
      if (language === 'sh')
        return (await execute('bash', ['-euo', 'pipefail', '-c', text], { cwd: folder, env })).stdout
      await writeFile(join(folder, 'snippet.mjs'), text)
      return (await execute(process.execPath, ['snippet.mjs'], { cwd: folder, env })).stdout
    },
  }
}
