import { randomUUID } from 'node:crypto'
import { open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** What of the file system writing takes: the system's own, or one that fails where a test says so. */
export interface Disk {
  readonly open: typeof open
  readonly rename: typeof rename
  readonly rm: typeof rm
}

const DISK: Disk = { open, rename, rm }
const PART = '.part'

/** What a file is to hold: all of it, or piece by piece. */
export type FileContent = Uint8Array | string | AsyncIterable<Uint8Array | string>

/**
 * Writes a file so that under its name there is either the whole of it or what was there before: to a temporary name
 * in the same folder, synced to the disk, renamed. On failure, of what gives the pieces too, nothing stays behind.
 */
export async function writeFileWhole(path: string, content: FileContent, disk = DISK): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}${PART}`)
  try {
    const file = await disk.open(temporary, 'wx')
    try {
      const pieces = typeof content === 'string' || content instanceof Uint8Array ? [content] : content
      for await (const piece of pieces) await file.writeFile(piece)
      await file.sync()
    } finally {
      await file.close()
    }
    await disk.rename(temporary, path)
  } catch (error) {
    // Where that fails as well, the first reason is the one to tell.
    await disk.rm(temporary, { force: true }).catch(() => {})
    throw error
  }
  await syncFolder(dirname(path), disk)
}

/** Removes what writers that were killed have left in a folder where nobody writes now. */
export async function removeParts(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith('.') && name.endsWith(PART)) await rm(join(folder, name), { force: true })
  }
}

/** Makes the rename itself last; some systems cannot sync a folder, and there the file is as safe as it gets. */
async function syncFolder(path: string, disk: Disk): Promise<void> {
  try {
    const folder = await disk.open(path, 'r')
    await folder.sync().finally(() => folder.close())
  } catch {}
}
