import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { realpath, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/*
 * A run folder belongs to the process that listens at an address made of the folder's path: the system gives an address to
 * one process at a time, and takes it back when that ends, however it ends. A file with a process number would outlive it.
 */

/** Takes a folder until the process ends; false where another process of this machine has it. */
export async function lockFolder(folder: string): Promise<boolean> {
  const address = await addressOf(folder)
  if (await listen(address)) return true
  if (await answers(address)) return false
  // Where an address is a file, that of a process that was killed is still there.
  await rm(address, { force: true })
  return listen(address)
}

/** Whether a process of this machine has the folder. */
export async function isLocked(folder: string): Promise<boolean> {
  return answers(await addressOf(folder))
}

async function addressOf(folder: string): Promise<string> {
  const name = `pushforward-${createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 32)}`
  if (process.platform === 'linux') return `\0${name}`
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), name)
}

/** False where somebody has the address; a system that gives none has nobody to tell apart. */
async function listen(address: string): Promise<boolean> {
  const server = createServer((socket) => socket.destroy()).unref()
  try {
    server.listen(address)
    await once(server, 'listening')
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EADDRINUSE'
  }
}

async function answers(address: string): Promise<boolean> {
  const socket = connect(address)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
