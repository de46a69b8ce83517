import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it; resolves with the first one made, or undefined where it was there already.
 *
 * Node's own recursive mkdir never returns where the system says "no such file" of a folder whose parent is there, as
 * below /proc.
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  try {
    await mkdir(path)
    return path
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return undefined
    const parent = dirname(path)
    if (code !== 'ENOENT' || parent === path) throw error
    const made = await makeFolder(parent)
    if (made === undefined) throw error
    await mkdir(path)
    return made
  }
}
